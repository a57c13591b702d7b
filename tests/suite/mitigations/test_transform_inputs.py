"""The hook point of inputs: what is transformed is what the network is trained on, for cells and Keras models; dropout as a plug-in."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from tests.suite.training.test_cohort import BUDGET, same, trial
from tests.support.networks import hooks_and_settings, loss_and_gradients, network, outputs, probed, sizes, stacked, step_context, training_batch
from tests.support.plugins.input_dropout import MITIGATION as INPUT_DROPOUT
from tests.support.plugins.input_scale import MITIGATION as INPUT_SCALE
from unvanish.suite.experiment.plan import padded_length
from unvanish.suite.mitigations import MITIGATIONS, find
from unvanish.suite.models import MODELS
from unvanish.suite.probes.measurement.program import probe_program
from unvanish.suite.training.cohort import CohortTrainer
from unvanish.suite.training.program_size import ProgramSize
from unvanish.tasks.copy_memory import CopyMemory
from unvanish.tasks.first_symbol import FirstSymbol

TASK, HIDDEN, BATCH = FirstSymbol(5), 4, 6
MODELS_OF_EACH_KIND = ["rnn", "gru", "feedforward", "tcn"]


@pytest.fixture(autouse=True)
def plugins(monkeypatch):
    for mitigation in (INPUT_DROPOUT, INPUT_SCALE):
        monkeypatch.setitem(MITIGATIONS.own, mitigation.name, mitigation)


def initial(model, task=TASK, seeds=(1, 2)):
    return stacked([MODELS[model].initial_weights(sizes(task, HIDDEN), seed) for seed in seeds])


@pytest.mark.parametrize("task", [TASK, CopyMemory(3, copied=2, symbols=4)], ids=lambda task: task.name)
@pytest.mark.parametrize("model", MODELS_OF_EACH_KIND)
def test_loss_gradients_and_outputs_are_those_of_a_network_that_is_given_the_transformed_sequences(model, task):
    """A trial with the mitigation and one without, of one seed: their one-hot sequences are shared until one of them is transformed."""
    weights, (inputs, targets) = initial(model, task), training_batch(task, BATCH)
    trials, settings = network(task, MODELS[model], HIDDEN, ["input_scale(factor=3)", "none"])
    plain, plain_settings = network(task, MODELS[model], HIDDEN, ["none", "none"], sequence_indices=[0, 1])
    plain.task = replace(plain.task, one_hot=False)
    given, both = tf.concat([3 * inputs, inputs], axis=1), tf.concat([targets, targets], axis=1)
    actual, expected = loss_and_gradients(trials, settings, weights, inputs, targets), loss_and_gradients(plain, plain_settings, weights, given, both)
    np.testing.assert_allclose(actual.loss, expected.loss, rtol=1e-6)
    for name, gradient in expected.gradients.items():
        np.testing.assert_allclose(actual.gradients[name], gradient, rtol=1e-5, atol=1e-7, err_msg=name)
    np.testing.assert_allclose(outputs(trials, settings, weights, inputs), outputs(plain, plain_settings, weights, given), rtol=1e-5, atol=1e-6)


def test_the_gradient_of_the_inputs_is_that_of_the_transformed_ones():
    """Where inputs are doubled it is half of that of a network with doubled input weights, which computes the same."""
    weights = initial("rnn", seeds=(1, 1))
    doubled = weights | {"kernel": weights["kernel"] * np.array([1, 2], np.float32)[:, None, None]}
    transformed = probed(TASK, "rnn", weights, ["input_scale", "none"], BATCH)["input_norm"][:, 0]
    np.testing.assert_allclose(transformed, probed(TASK, "rnn", doubled, ["none", "none"], BATCH)["input_norm"][:, 1] / 2, rtol=1e-5)


def test_that_of_a_keras_model_too():
    name = next(name for name in initial("tcn") if name.endswith("kernel"))  # of the first layer
    weights = initial("tcn", seeds=(1, 1))
    doubled = weights | {name: weights[name] * np.array([1, 2], np.float32)[:, None, None]}
    transformed = probed(TASK, "tcn", weights, ["input_scale", "none"], BATCH)["input_norm"][:, 0]
    np.testing.assert_allclose(transformed, probed(TASK, "tcn", doubled, ["none", "none"], BATCH)["input_norm"][:, 1] / 2, rtol=1e-4)


def dropped(names, step=1, seeds=None, training=True, length=300):
    """Inputs of ones after the hook, [time, trial, batch, input]."""
    hooks, settings = hooks_and_settings(names)
    settings = settings._replace(seed=tf.constant(seeds or list(range(len(names)))))
    context = step_context(settings, step, length) if training else settings.evaluation_context(tf.constant(length))
    inputs, indexed = tf.function(hooks.transform_inputs, jit_compile=True)(tf.ones([length, 1, 16, 3]), context, settings)
    return inputs.numpy()[:, indexed.sequence_index]


def test_dropout_zeroes_its_share_and_scales_the_others():
    half, quarter, none = dropped(["input_dropout(probability=0.5)", "input_dropout", "none"]).transpose(1, 0, 2, 3)
    for values, probability in ((half, 0.5), (quarter, 0.25)):
        assert np.unique(values) == pytest.approx([0, 1 / (1 - probability)])
        assert (values == 0).mean() == pytest.approx(probability, abs=0.02)
        assert values.mean() == pytest.approx(1, abs=0.03)
    assert (none == 1).all()


def test_dropout_comes_from_the_seed_and_the_step_and_not_from_other_trials():
    first, second, again = dropped(["input_dropout"] * 3, 7, [1, 2, 1]).transpose(1, 0, 2, 3)
    np.testing.assert_array_equal(first, again)
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] == pytest.approx(0, abs=0.03)
    alone, _ = dropped(["input_dropout", "none"], 7, [2, 9]).transpose(1, 0, 2, 3)
    np.testing.assert_array_equal(alone, second)
    later = dropped(["input_dropout", "none"], 8, [2, 9])[:, 0]
    assert np.corrcoef(later.ravel(), second.ravel())[0, 1] == pytest.approx(0, abs=0.03)


def test_dropout_is_off_where_nothing_is_trained():
    assert (dropped(["input_dropout", "none"], training=False) == 1).all()


def test_a_program_with_transformed_inputs_leaves_its_other_trials_as_they_are():
    """Whose one-hot inputs it multiplies instead of looking up rows: equal to the bit; and dropout changes the trial that has it."""
    with_it, without = (
        CohortTrainer(TASK, "rnn", BUDGET, ProgramSize(2, 2), [find(name) for name in held], probe_program, [])
        for held in (["none", "input_dropout"], ["none"])
    )
    plain, drops = with_it.train([trial(TASK, "rnn"), trial(TASK, "rnn", "input_dropout")])
    (alone,) = without.train([trial(TASK, "rnn")])
    assert same(plain, alone)
    assert not np.array_equal(drops.curve.training_loss, plain.curve.training_loss)


@pytest.mark.slow
def test_padding_does_not_matter():
    """In a program for sequences twice as long: equal to the bit."""
    held, trials = [find("none"), find("input_scale")], [trial(TASK, "rnn", "input_scale"), trial(TASK, "rnn", seed=3)]
    exact, padded = (
        CohortTrainer(TASK, "rnn", BUDGET, ProgramSize(2, 2), held, probe_program, [40], length).train(trials) for length in (TASK.length, 2 * TASK.length)
    )
    assert all(same(one, other) for one, other in zip(exact, padded, strict=True))


def test_plans_do_not_pad_where_inputs_are_transformed():
    """Random numbers for a longer array are others, and a mean over time would count the padding."""
    tasks = [FirstSymbol(5), FirstSymbol(9)]
    assert padded_length(tasks[0], tasks, MODELS["rnn"], [find("none")]) == tasks[1].length
    assert padded_length(tasks[0], tasks, MODELS["rnn"], [find("none"), find("input_dropout")]) == tasks[0].length
