"""An exported network loads where this project is not, with the code beside it, and computes what the network does; what differs is not written."""

import subprocess
import sys
import textwrap
from dataclasses import replace

import keras
import numpy as np
import pytest
from scipy.special import expit

from tests.support.benchmarks import smoke, trained
from unvanish.suite import plugins
from unvanish.suite.diagnosis import judge
from unvanish.suite.experiment.plan import select
from unvanish.suite.experiment.trial import evaluation_trials
from unvanish.suite.export.comparison import compare
from unvanish.suite.export.to_keras import best_models
from unvanish.suite.export.trained_network import TrainedNetwork
from unvanish.suite.mitigations import find
from unvanish.suite.models import MODELS, Sizes
from unvanish.tasks.adding import Adding
from unvanish.tasks.copy_memory import CopyMemory
from unvanish.tasks.errors import UsageError
from unvanish.tasks.first_symbol import FirstSymbol
from unvanish.tasks.registry import Registry

CELL = '''
import tensorflow as tf

from unvanish.plugins import Cell, Gate

SHARE = 0.25


def squash(x, slope=SHARE):
    """A helper of the file."""
    return tf.tanh(slope * x)


class Mine(Cell):
    """h(t) = f h(t-1) + (1 - f) g(z) + squash(2 d), and the old state as a second one. A "quoted" word, and a \\\\ in it."""

    name = "mine"
    summary = "a cell of one's own"
    reference = "none"
    recurrent = True
    sharpness = 2.0
    states = ("hidden", "last")
    gates = (Gate("forget", "sigmoid", keeps=1), Gate("candidate", "activation"), Gate("direct", "identity", recurrent=False))

    def combine(self, gates, states, activation):
        forget, candidate, direct = gates
        return forget * states[0] + (1 - forget) * candidate + self.of_input(direct), states[0]

    def of_input(self, x):
        return squash(self.sharpness * x)


MODEL = Mine()
'''
LINEAR = '''
from unvanish.plugins import Cell, Gate


class Linear(Cell):
    """h(t) = x W + h U + b."""

    name = "linear"
    summary = "a linear network"
    reference = "none"
    recurrent = True
    keras_class = "SimpleRNN"
    gates = (Gate("state", "identity"),)

    def combine(self, gates, states, activation):
        return tuple(gates)


MODEL = Linear()
'''
DOUBLED = '''
import keras

from unvanish.plugins import KerasModel


class Doubled(keras.layers.Layer):
    """Twice its inputs."""

    def call(self, inputs):
        return 2 * inputs


class Network(KerasModel):
    """A dense layer of doubled inputs."""

    name = "doubled"
    summary = "two steps"
    reference = "none"
    recurrent = False

    def build(self, sizes):
        inputs = keras.Input((sizes.length, sizes.input))
        return keras.Model(inputs, keras.layers.Dense(sizes.output, name="output")(Doubled()(inputs)))


MODEL = Network()
'''
FIRST, COPY = FirstSymbol(3), CopyMemory(3, copied=2, symbols=4)
CASES = {
    "lstm": (FIRST, "lstm", "none"),
    "feedforward": (FIRST, "feedforward", "relu"),
    "tcn": (FIRST, "tcn", "none"),
    "min_gru": (COPY, "min_gru", "none"),
    "mine": (COPY, "mine", "none"),
    "of_relu": (FIRST, "mine", "relu"),
    "leaky_rnn": (Adding(4), "rnn", "layer_norm+leaky(leak=0.3)"),
    "normal_gru": (FIRST, "gru", "layer_norm"),
    "ind_rnn": (FIRST, "ind_rnn", "none"),
    "attention": (COPY, "attention", "none"),
    "doubled": (FIRST, "doubled", "none"),
}
GENERATED = {"min_gru", "mine", "of_relu", "leaky_rnn", "normal_gru", "ind_rnn", "attention", "doubled"}
LOADS = """
    import importlib, json, sys
    sys.modules["unvanish"] = None  # an import of it is an ImportError
    sys.path.insert(0, ".")
    import keras, numpy as np
    inputs, outputs = dict(np.load("inputs.npz")), {}
    for name in inputs:
        if name in GENERATED:
            importlib.import_module(name)
        outputs[name] = keras.saving.load_model(f"{name}.keras", safe_mode=True)(inputs[name])
    np.savez("outputs.npz", **outputs)
"""


def plugged_in(source, name):
    module = plugins.load(plugins.Plugin(name, source))
    Registry.plugins[:] = [*Registry.plugins, module] if module not in Registry.plugins else Registry.plugins
    return module


@pytest.fixture(scope="module", autouse=True)
def cells():
    for source, name in ((CELL, "cell.py"), (LINEAR, "linear.py"), (DOUBLED, "doubled.py")):
        plugged_in(source, name)
    yield
    Registry.plugins.clear()


def network(task, model, mitigations="none", hidden=5):
    """A network whose weights are all away from zero, so that one in a wrong place shows."""
    sizes, chosen, random = Sizes(task.input_size, hidden, task.output_size, task.length), MODELS[model], np.random.default_rng(3)
    weights = chosen.initial_weights(sizes, 3) | chosen.initial_non_trainable(sizes, 3)
    moved = {name: (w + 0.3 * random.normal(size=w.shape)).astype(w.dtype) if w.dtype == np.float32 else w for name, w in weights.items()}
    return TrainedNetwork(task, chosen, find(mitigations), hidden, 100, 3, moved)


@pytest.fixture(scope="module")
def networks(cells):
    return {name: network(*case) for name, case in CASES.items()}


@pytest.fixture(scope="module")
def inputs(networks):
    random = np.random.default_rng(1)
    return {name: random.normal(size=(3, each.task.length, each.task.input_size)).astype(np.float32) for name, each in networks.items()}


@pytest.mark.slow
def test_files_load_without_this_project_and_compute_what_the_networks_do(networks, inputs, tmp_path):
    """In a process that knows nothing of it."""
    for name, each in networks.items():
        exported = each.save(tmp_path / f"{name}.keras")
        assert (exported.code == tmp_path / f"{name}.py") if name in GENERATED else exported.code is None
        assert exported.difference < 1e-5
    np.savez(tmp_path / "inputs.npz", **{name: x if name != "feedforward" else x[:, -1] for name, x in inputs.items()})
    code = textwrap.dedent(LOADS).replace("GENERATED", repr(GENERATED))
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    loaded = np.load(tmp_path / "outputs.npz")
    for name, each in networks.items():
        expected = each.predict(inputs[name])
        assert expected.shape == (3, len(each.task.loss_steps), each.task.output_size)
        np.testing.assert_allclose(loaded[name].reshape(expected.shape), expected, atol=1e-5, rtol=1e-5, err_msg=name)


def normalised(a):
    return (a - a.mean(-1, keepdims=True)) / np.sqrt(a.var(-1, keepdims=True) + 1e-5)


def relu(x):
    return np.maximum(x, 0)


def step_of_min_gru(weights, x, h, split):
    z, candidate = split(x @ weights["kernel"] + weights["bias"], 2)
    return ((1 - expit(z)) * h[0] + expit(z) * candidate,)


def step_of_mine(weights, x, h, split, activation=np.tanh):
    of_input, of_state = split(x @ weights["kernel"] + weights["bias"], 3), split(h[0] @ weights["recurrent_kernel"], 2)
    forget = expit(of_input[0] + of_state[0])
    return forget * h[0] + (1 - forget) * activation(of_input[1] + of_state[1]) + np.tanh(0.25 * 2.0 * of_input[2]), h[0]


def step_of_leaky_rnn(weights, x, h, split):
    return (0.7 * h[0] + 0.3 * np.tanh(normalised(x @ weights["kernel"] + h[0] @ weights["recurrent_kernel"]) + weights["bias"]),)


def step_of_normal_gru(weights, x, h, split):
    """Keras' gates z, r, and the two halves of the candidate, each normalised without its bias."""
    of_input, of_state = split(x @ weights["kernel"], 3), split(h[0] @ weights["recurrent_kernel"], 3)
    bias, recurrent_bias = split(weights["bias"], 3), split(weights["recurrent_bias"], 3)
    z, r = (expit(normalised(of_input[gate] + of_state[gate]) + bias[gate] + recurrent_bias[gate]) for gate in (0, 1))
    candidate = np.tanh(normalised(of_input[2]) + bias[2] + r * (normalised(of_state[2]) + recurrent_bias[2]))
    return (z * h[0] + (1 - z) * candidate,)


EQUATIONS = {
    "min_gru": step_of_min_gru,
    "mine": step_of_mine,
    "of_relu": lambda *given: step_of_mine(*given, activation=relu),
    "leaky_rnn": step_of_leaky_rnn,
    "normal_gru": step_of_normal_gru,
}


@pytest.mark.parametrize("name", EQUATIONS)
def test_the_outputs_are_those_of_the_equations(networks, inputs, tmp_path, name):
    """In double precision, written down here; both of the network and of the Keras model that is loaded from its file."""
    chosen = networks[name]
    weights = {name: weight.astype(float) for name, weight in chosen.weights.items()}
    states = (np.zeros((3, 5)),) * len(chosen.model.states)
    outputs = []
    for t in range(chosen.task.length):
        states = EQUATIONS[name](weights, inputs[name][:, t].astype(float), states, lambda a, n: np.split(a, n, axis=-1))
        outputs.append(states[0] @ weights["output_kernel"] + weights["output_bias"])
    expected = np.stack([outputs[step] for step in chosen.task.loss_steps], axis=1)
    np.testing.assert_allclose(chosen.predict(inputs[name]), expected, atol=1e-5, rtol=1e-5)
    loaded = keras.saving.load_model(chosen.save(tmp_path / "cell.keras").model)
    np.testing.assert_allclose(np.asarray(loaded(inputs[name])).reshape(expected.shape), expected, atol=1e-5, rtol=1e-5)


def test_the_code_has_the_equations_as_they_were_written(networks, tmp_path):
    code = networks["mine"].save(tmp_path / "other_name.keras").code.read_text()
    assert "return forget * states[0] + (1 - forget) * candidate + self.of_input(direct), states[0]" in code
    assert "import keras, other_name" in code and "SHARE = 0.25" in code and "h(t) = f h(t-1) + (1 - f) g(z)" in code


def test_a_cell_that_names_a_layer_of_keras_that_computes_something_else_is_not_written(tmp_path):
    with pytest.raises(
        UsageError, match=r"the model linear names SimpleRNN as its Keras layer, whose outputs differ by 0\.\d+ times the largest output; remove"
    ):
        network(FIRST, "linear").save(tmp_path / "linear.keras")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("layer", "reason"), [("GRU", "weights do not fit"), ("NoLayer", "weights do not fit")])
def test_a_cell_that_names_a_layer_of_other_weights_is_not_written(monkeypatch, tmp_path, layer, reason):
    monkeypatch.setattr(type(MODELS["linear"]), "keras_class", layer)
    with pytest.raises(UsageError, match=f"the model linear names {layer} as its Keras layer, into which its {reason}"):
        network(FIRST, "linear").save(tmp_path / "linear.keras")


def test_without_the_name_its_own_layer_is_written(monkeypatch, tmp_path):
    monkeypatch.setattr(type(MODELS["linear"]), "keras_class", None)
    assert network(FIRST, "linear").save(tmp_path / "linear.keras").code == tmp_path / "linear.py"


def test_a_weight_that_is_a_little_off_is_seen_and_rounding_of_an_unstable_network_is_not(networks):
    for name in ("lstm", "min_gru"):
        chosen = networks[name]
        other = replace(chosen, weights=chosen.weights | {"kernel": chosen.weights["kernel"] * np.float32(1.003)})
        layer = keras_model(other)
        assert not compare(chosen, layer).equal and compare(other, layer).equal
    stable = network(FirstSymbol(40), "rnn", hidden=32)
    unstable = replace(stable, weights=stable.weights | {"recurrent_kernel": 30 * stable.weights["recurrent_kernel"]})
    assert compare(unstable, keras_model(unstable)).equal
    assert not compare(unstable, keras_model(stable)).equal


def keras_model(network):
    from unvanish.suite.export import generated_layer
    from unvanish.suite.export.to_keras import standard_model

    standard = standard_model(network)
    return standard or generated_layer.keras_model(network, generated_layer.load_module(generated_layer.source_of(network, "x"), "x"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ([("return squash(", "from unvanish.suite import models\n        return squash(")], "a function of it imports unvanish"),
        ([("sharpness = 2.0", "sharpness = object()")], "the member sharpness is neither a function nor a plain value"),
        ([("SHARE = 0.25", "SHARE = object()")], "SHARE is neither a function, a class nor a plain value"),
        ([("self.of_input(direct)", "super().of_input(direct)")], "Mine.combine uses __class__ of where it is defined"),
        (
            [("class Mine(Cell)", "class Base(Cell):\n    gates = ()\n\n\nclass Mine(Base)"), ("return squash(", "return Base.other(")],
            "it uses the class Base, which is derived from one of unvanish",
        ),
        (
            [("def squash(x, slope=SHARE):", "squash = lambda x, slope=SHARE: tf.tanh(slope * x)\n\n\ndef other(x, slope=SHARE):")],
            "<lambda> is not written with def",
        ),
    ],
)
def test_what_cannot_be_copied_is_one_sentence(tmp_path, changes, sentence):
    source = CELL
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    kept = list(Registry.plugins)
    Registry.plugins.clear()
    try:
        plugged_in(source, "cannot.py")
        with pytest.raises(UsageError, match="mine with none cannot be written as code of its own: ") as raised:
            network(FIRST, "mine").save(tmp_path / "mine.keras")
    finally:
        Registry.plugins[:] = kept
    assert sentence in str(raised.value) and str(raised.value).endswith("use benchmark.network(run) in Python instead")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["my-cell", "keras", "json", "class", "2cells"])
def test_code_that_could_not_be_imported_is_not_written(tmp_path, name):
    with pytest.raises(UsageError, match="which Python cannot import by that name; call it my_model"):
        network(FIRST, "min_gru").save(tmp_path / f"{name}.keras")
    assert list(tmp_path.iterdir()) == []


def test_the_code_replaces_an_older_one_and_no_file_of_a_user(tmp_path):
    for _ in range(2):
        network(FIRST, "min_gru").save(tmp_path / "model.keras")
    (tmp_path / "train.py").write_text("print('mine')\n")
    with pytest.raises(UsageError, match=r"would replace .*train\.py, which is a file of yours"):
        network(FIRST, "min_gru").save(tmp_path / "train.keras")
    assert (tmp_path / "train.py").read_text() == "print('mine')\n" and not (tmp_path / "train.keras").exists()


def test_two_networks_of_one_cell_are_loaded_in_one_process(tmp_path):
    """They differ in a parameter that is in the code alone."""
    x = np.random.default_rng(0).normal(size=(2, FIRST.length, FIRST.input_size)).astype(np.float32)
    pair = [network(FIRST, "rnn", f"leaky(leak={leak})") for leak in (0.2, 0.9)]
    files = [each.save(tmp_path / f"leak{index}.keras").model for index, each in enumerate(pair)]
    for each, file in zip(pair, files, strict=True):
        np.testing.assert_allclose(np.asarray(keras.saving.load_model(file)(x))[:, None], each.predict(x), atol=1e-5)


def test_a_best_trial_whose_layer_of_keras_differs_is_left_out_with_a_sentence():
    """Others of the run are kept; a trial that Keras has no layer of is no fault."""
    plan = select(smoke(), "task=first_symbol,model=rnn,mitigation=none|relu")
    results = []
    for cohort in plan.cohorts:
        for number, condition in enumerate(cohort.conditions):
            for model in ("rnn", "linear", "min_gru") if number == 0 else ("rnn",):
                other = replace(condition, model=model)
                hidden = condition.budget.hidden_size
                results += [judge(trained(trial, weights=network(condition.task, model, hidden=hidden).weights)) for trial in evaluation_trials(other, 0.1)]
    models, left_out = best_models(results)
    by_fingerprint = {result.trial.condition.fingerprint: result.trial.condition for result in results}
    assert {(by_fingerprint[one].model, by_fingerprint[one].mitigation) for one in models} == {("rnn", "none"), ("rnn", "relu")}
    assert len(left_out) == len(plan.cohorts) and all("is not stored as a Keras model: the model linear names SimpleRNN" in sentence for sentence in left_out)


@pytest.mark.parametrize(
    ("model", "given", "sentence"),
    [
        ("lstm", np.zeros((2, 4)), "the inputs have the shape [2, 4]; give [sequence, time, input] with 1 or more time steps and 12 inputs"),
        ("lstm", np.zeros((2, 4, 3)), "and 12 inputs"),
        ("attention", np.zeros((2, 9, 12)), f"with {FIRST.length} time steps and 12 inputs"),
        ("lstm", [[["a"]]], "the inputs are no array of numbers"),
        ("lstm", [[[1.0], [1.0, 2.0]]], "the inputs are no array of numbers"),
    ],
)
def test_inputs_of_another_shape_are_one_sentence(model, given, sentence):
    with pytest.raises(UsageError) as raised:
        network(FIRST, model).predict(given)
    assert sentence in str(raised.value)


def test_a_cell_predicts_longer_sequences_than_it_was_trained_on(networks):
    x = np.random.default_rng(0).normal(size=(2, 30, FIRST.input_size)).astype(np.float32)
    np.testing.assert_allclose(networks["lstm"].predict(x)[:, 0], keras_model(networks["lstm"])(x), atol=1e-5)
