"""Every snippet runs, and is the training that was measured, by Keras' own account of it."""

import numpy as np
import pytest

from tests.support.tables import plan_record
from unvanish.suite.experiment.plan import planned_task
from unvanish.suite.experiment.profile import make_task
from unvanish.suite.export.keras_code import keras_code
from unvanish.suite.mitigations import MITIGATIONS, find
from unvanish.suite.models import MODELS, Cell
from unvanish.tasks import TASKS
from unvanish.tasks.seeding import generator

RECURRENT = [model for model in MODELS if isinstance(model, Cell) and model.recurrent and model.keras_class]
COMBINED = ["gradient_clipping+rmsprop", "truncated_bptt+gradient_clipping", "relu+orthogonal"]
CURES = [name for name in MITIGATIONS.names if MITIGATIONS[name].against != "control"] + COMBINED
OPTIMIZERS = {"rmsprop": "rmsprop", "adam": "adam"}
APPLICABLE = [(model.name, name) for model in RECURRENT for name in CURES if find(name).not_applicable(model) is None and find(name).keras_code(model)]


def code(model, mitigation, task="first_symbol", lag=12, rate=0.05, **parameters):
    """The snippet for a small network, and the task it is for."""
    made = make_task(task, lag)
    plan = plan_record([planned_task(made)], mitigation=parameters)
    return keras_code(plan, {"task": task, "lag": lag, "model": model, "mitigation": mitigation, "hidden_size": 6}, rate), made


def run(text):
    names = {}
    exec(compile(text, "snippet", "exec"), names)
    return names


@pytest.mark.parametrize("rate", [1.0, 1e-5, 0.0004])
def test_a_rate_is_a_number_that_keras_takes(rate):
    text, _ = code("rnn", "none", rate=rate)
    assert run(text)["model"].optimizer.get_config()["learning_rate"] == pytest.approx(rate)


@pytest.mark.parametrize(("model", "mitigation"), APPLICABLE)
def test_a_snippet_runs_and_has_the_optimizer_that_was_measured(model, mitigation):
    text, task = code(model, mitigation)
    names = run(text)
    network, parts = names["model"], mitigation.split("+")
    settings = network.optimizer.get_config()
    optimizer = next((OPTIMIZERS[part] for part in parts if part in OPTIMIZERS), "sgd")
    assert type(network.optimizer).__name__.lower() == optimizer and settings["learning_rate"] == pytest.approx(0.05)
    assert settings["global_clipnorm"] == (1.0 if {"gradient_clipping", "relu_identity"} & set(parts) else None)
    assert settings["clipvalue"] == (0.1 if "clip_value" in parts else None) and settings["clipnorm"] is None
    assert names["layer"].activation.__name__ == ("relu" if {"relu", "relu_identity"} & set(parts) else "tanh")
    assert bool(settings.get("momentum")) == ("momentum" in parts)
    drawn = task.draw(generator("test", 0, 0), 4)
    assert np.isfinite(network.train_on_batch(drawn.inputs, drawn.targets[:, -1]))
    weights = {weight.path.split("/")[-1]: weight for weight in names["layer"].weights}
    hidden = weights["recurrent_kernel"].shape[0]
    assert hidden == 6 and network.count_params() == MODELS[model].parameters(sizes(task))


def sizes(task):
    from unvanish.suite.models import Sizes

    return Sizes(task.input_size, 6, task.output_size, task.length)


def initial(text, repeats=40):
    """Weights of the layer drawn anew many times, by name: [draw, ...]."""
    drawn = [[np.array(weight) for weight in run(text)["layer"].weights] for _ in range(repeats)]
    return [np.stack(weight) for weight in zip(*drawn, strict=True)]


@pytest.mark.parametrize("model", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("mitigation", ["none", "orthogonal", "chrono", "relu_identity"])
def test_a_snippet_starts_where_the_suite_starts(model, mitigation):
    """Moments of the initial weights, gate by gate, against those that the suite draws."""
    if find(mitigation).not_applicable(MODELS[model]):
        return
    text, task = code(model, mitigation)
    ours = [MODELS[model].keras_weights(find(mitigation).initial_weights(MODELS[model], sizes(task), seed, task.lag)) for seed in range(40)]
    for theirs, mine in zip(initial(text), [np.stack(weight) for weight in zip(*ours, strict=True)], strict=True):
        assert theirs.shape == mine.shape
        for block in np.split(np.arange(mine.shape[-1]), mine.shape[-1] // 6):
            a, b = theirs[..., block], mine[..., block]
            spread = max(b.std(), 1e-6)
            assert abs(a.mean() - b.mean()) < 5 * spread / np.sqrt(a.size) * np.sqrt(2) + 1e-6
            assert a.std() == pytest.approx(b.std(), rel=0.15, abs=1e-6)
            if a.shape[-2:] == (6, 6) and mitigation == "orthogonal":
                np.testing.assert_allclose(a[0] @ a[0].T, np.eye(6), atol=1e-5)


@pytest.mark.parametrize(("model", "task"), [("rnn", "first_symbol"), ("lstm", "first_symbol"), ("gru", "copy_memory")])
def test_truncation_cuts_the_gradient_at_its_window(model, task):
    """The output at the end depends on every input, and no gradient comes from more than a window before."""
    import tensorflow as tf

    text, made = code(model, "truncated_bptt", task=task, truncated_bptt={"window": 5})
    network = run(text)["model"]
    inputs = tf.constant(made.draw(generator("test", 0, 0), 2).inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        last = network(inputs) if task == "first_symbol" else network(inputs)[:, -1]
        total = tf.reduce_sum(last * tf.range(1.0, last.shape[-1] + 1))
    reached = np.abs(tape.gradient(total, inputs)).sum(axis=(0, 2)) > 0
    assert reached.tolist() == [False] * (made.length - 5) + [True] * 5
    changed = network(tf.concat([inputs[:, :1] + 1, inputs[:, 1:]], axis=1))
    assert np.abs(changed - network(inputs)).max() > 0


@pytest.mark.parametrize("task", TASKS.names)
def test_a_snippet_fits_every_task(task):
    lag = TASKS[task].default_lag
    text, made = code("rnn", "gradient_clipping", task=task, lag=lag)
    drawn = made.draw(generator("test", 0, 0), 4)
    targets = drawn.targets if len(made.loss_steps) > 1 else drawn.targets[:, -1]
    assert np.isfinite(run(text)["model"].train_on_batch(drawn.inputs, targets))


def test_parameters_of_the_profile_are_in_the_snippet():
    assert "global_clipnorm=0.5" in code("rnn", "gradient_clipping", gradient_clipping={"threshold": 0.5})[0]


def test_controls_have_no_snippet():
    assert code("rnn", "frozen")[0] == "" and code("feedforward", "none")[0] == ""
