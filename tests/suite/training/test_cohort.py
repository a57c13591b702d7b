"""Training many trials at once: equal to Keras' training of one, equal to the bit whichever others share the program, undisturbed by an explosion."""

import dataclasses
import random

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.slow import slow_but
from unvanish.suite.experiment.plan import Budget, Condition, sizes_of
from unvanish.suite.experiment.trial import Trial
from unvanish.suite.mitigations import find
from unvanish.suite.models import MODELS, Cell
from unvanish.suite.probes.measurement.program import ProbeProgram
from unvanish.suite.training.cohort import CohortTrainer
from unvanish.suite.training.program_size import ProgramSize
from unvanish.tasks.copy_memory import CopyMemory
from unvanish.tasks.digits import Digits
from unvanish.tasks.first_symbol import FirstSymbol
from unvanish.tasks.seeding import generator

BUDGET = Budget(
    hidden_size=10,
    batch_size=6,
    steps=40,
    evaluate_every=20,
    validation_sequences=32,
    test_sequences=64,
    probe_sequences=4,
    tuning_seeds=(1,),
    evaluation_seeds=(2, 3),
)
MITIGATIONS = ["none", "truncated_bptt", "gradient_clipping", "clip_value", "rmsprop", "adam", "relu"]
SHARED = ProgramSize(3, 2)  # of all tests that need no other: a program is compiled once for them
CELLS = [model.name for model in MODELS if isinstance(model, Cell) and model.keras_class]


def trial(task, model, mitigation="none", rate=0.1, seed=2, budget=BUDGET):
    return Trial(Condition(task, model, find(mitigation, {"truncated_bptt": {"window": 3}}), (rate,), budget), "evaluate", rate, seed)


def trainer_of(task, model, width, *mitigations):
    """A trainer whose programs hold these mitigations, all of `MITIGATIONS` by default."""
    held = [find(name) for name in mitigations or MITIGATIONS if find(name).not_applicable(MODELS[model]) is None]
    return CohortTrainer(task, model, BUDGET, width, held, ProbeProgram, [0, 20, 40])


def same(a, b):
    """Whether two outcomes are equal to the bit, in all but the time they took."""
    return all(np.array_equal(x, y, equal_nan=True) for x, y in zip(leaves(a), leaves(b), strict=True))


def leaves(outcome):
    """All numbers in it, however deep."""

    def within(value):
        if isinstance(value, dict):
            for part in value.values():
                yield from within(part)
        elif value is not None:
            yield value

    return within(dataclasses.asdict(dataclasses.replace(outcome, seconds=0.0, trial=None, copy_of=None)))


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("task", [FirstSymbol(6), pytest.param(CopyMemory(2, copied=2, symbols=3), marks=pytest.mark.slow)], ids=lambda task: task.name)
def test_training_without_a_mitigation_is_keras_plain_sgd(name, task):
    """The same weights and batches through Keras' own layers, loss and SGD: no clipping, no momentum, no default that mitigates."""
    model, rate = MODELS[name], 0.1
    outcome = trainer_of(task, name, SHARED).train([trial(task, name, rate=rate, seed=2), trial(task, name, rate=rate, seed=3)])[1]
    weights = model.initial_weights(sizes_of(task, BUDGET), seed=3)
    network = model.as_keras(task, sizes_of(task, BUDGET), weights, "tanh")
    network.compile(keras.optimizers.SGD(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    for block in range(2):
        drawn = task.draw(generator("training", 3, block), 20 * BUDGET.batch_size)
        for batch in range(20):
            part = slice(batch * BUDGET.batch_size, (batch + 1) * BUDGET.batch_size)
            if not model.memoryless:
                x, y = drawn.inputs[part], drawn.targets[part] if len(task.loss_steps) > 1 else drawn.targets[part][:, 0]
            else:
                x, y = drawn.inputs[part][:, list(task.loss_steps)].reshape(-1, task.input_size), drawn.targets[part].ravel()
            network.train_on_batch(x, y)
    expected = [weight.numpy() for weight in network.weights]
    mine = [*model.keras_weights(outcome.weights), outcome.weights["output_kernel"], outcome.weights["output_bias"]]
    for a, b in zip(mine, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)


@pytest.mark.parametrize("name", slow_but(["rnn"], ["rnn", "lstm", "gru"]))
def test_a_frozen_state_is_keras_layer_that_is_not_trainable(name):
    """Only the output layer changes, as in Keras, and the gradient norm is that of what is trained."""
    task, rate = FirstSymbol(6), 0.5
    frozen, other = trial(task, name, "frozen", rate, seed=3), trial(task, name, rate=rate, seed=3)
    outcome = trainer_of(task, name, ProgramSize(2, 1), "none", "frozen").train([frozen, other])[0]
    sizes = sizes_of(task, BUDGET)
    weights = MODELS[name].initial_weights(sizes, seed=3)
    network = MODELS[name].as_keras(task, sizes, weights, "tanh")
    network.layers[0].trainable = False
    optimizer, cross_entropy = keras.optimizers.SGD(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    norms, ratios = [], []

    def vector():
        return np.concatenate([weight.ravel() for weight in network.get_weights()]).astype(float)

    for block in range(2):
        drawn = task.draw(generator("training", 3, block), 20 * BUDGET.batch_size)
        for part in np.split(np.arange(20 * BUDGET.batch_size), 20):
            with tf.GradientTape() as tape:
                loss = cross_entropy(drawn.targets[part, 0], network(drawn.inputs[part]))
            gradients = tape.gradient(loss, [weight.value for weight in network.trainable_weights])
            norms.append(float(tf.linalg.global_norm(gradients)))
            before = vector()
            optimizer.apply(gradients, network.trainable_weights)
            ratios.append(np.linalg.norm(vector() - before) / np.linalg.norm(before))
    for layer_weight in ("kernel", "recurrent_kernel", "bias"):
        np.testing.assert_array_equal(outcome.weights[layer_weight], weights[layer_weight])
    np.testing.assert_allclose(outcome.weights["output_kernel"], network.layers[1].get_weights()[0], atol=2e-5)
    assert not np.array_equal(outcome.weights["output_kernel"], weights["output_kernel"])
    np.testing.assert_allclose(outcome.curve.gradient_norm, np.reshape(norms, (2, 20)).max(axis=1), rtol=1e-4)
    np.testing.assert_allclose(outcome.curve.update_ratio, np.median(np.reshape(ratios, (2, 20)), axis=1), rtol=1e-3)
    np.testing.assert_allclose(outcome.curve.gradient_norm_median, np.median(np.reshape(norms, (2, 20)), axis=1), rtol=1e-4)


@pytest.mark.parametrize(("name", "widths"), [("rnn", (3,)), *(pytest.param(name, (2, 3, 8, 16), marks=pytest.mark.slow) for name in CELLS)])
def test_a_trials_numbers_do_not_depend_on_the_others_in_its_program(name, widths):
    """Alone, in pairs, in threes, all together, shuffled, and in a wider program: equal to the bit. Each width is a program to compile."""
    task = FirstSymbol(6)
    applicable = [m for m in MITIGATIONS if find(m).not_applicable(MODELS[name]) is None]
    trials = [trial(task, name, mitigation, rate, seed) for mitigation in applicable for rate, seed in ((0.05, 2), (0.5, 3))]
    together = dict(zip(trials_key(trials), trainer_of(task, name, ProgramSize(len(trials), 2)).train(trials), strict=True))
    random.Random(0).shuffle(trials)
    for width in widths:
        chosen = trials if width > 2 else trials[:3]  # of three in pairs, the last is alone but for the padding
        for key, outcome in zip(trials_key(chosen), trainer_of(task, name, ProgramSize(width, min(width, 2))).train(chosen), strict=True):
            assert same(outcome, together[key]), (width, key)


def trials_key(trials):
    return [(t.condition.mitigation, t.learning_rate, t.seed) for t in trials]


def first_non_finite_step(task, trial):
    """By Keras' layers and SGD and TensorFlow's own global norm."""
    model, mitigations = MODELS[trial.condition.model], trial.condition.mitigations
    weights = mitigations.initial_weights(model, sizes_of(task, BUDGET), trial.seed, task.lag)
    network = model.as_keras(task, sizes_of(task, BUDGET), weights, mitigations.keras_activation)
    optimizer, cross_entropy = keras.optimizers.SGD(trial.learning_rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    drawn = task.draw(generator("training", trial.seed, 0), BUDGET.evaluate_every * BUDGET.batch_size)
    for step in range(BUDGET.evaluate_every):
        part = slice(step * BUDGET.batch_size, (step + 1) * BUDGET.batch_size)
        with tf.GradientTape() as tape:
            loss = cross_entropy(drawn.targets[part, 0], network(drawn.inputs[part]))
        gradients = tape.gradient(loss, [weight.value for weight in network.trainable_weights])
        if not (np.isfinite(loss) and np.isfinite(tf.linalg.global_norm(gradients))):
            return step + 1
        optimizer.apply(gradients, network.trainable_weights)
        if not all(np.isfinite(weight).all() for weight in network.get_weights()):
            return step + 1
    return None


@pytest.mark.parametrize("name", slow_but(["rnn"], ["rnn", "lstm", "gru"]))
def test_a_trial_that_becomes_non_finite_is_frozen_and_disturbs_no_other(name):
    task = FirstSymbol(6)
    quiet = [trial(task, name, rate=0.1, seed=seed) for seed in (2, 3)]
    wild = trial(task, name, mitigation="relu", rate=1e38)
    trainer = trainer_of(task, name, SHARED)
    alone = trainer.train(quiet)
    first, exploded, second = trainer.train([quiet[0], wild, quiet[1]])
    assert same(first, alone[0]) and same(second, alone[1])
    assert exploded.diverged_at == first_non_finite_step(task, wild)
    assert all(np.isfinite(weight).all() for weight in exploded.weights.values())
    assert np.isnan(exploded.loss) and np.isnan(exploded.metric)
    late = exploded.curve.step >= exploded.diverged_at
    assert np.isnan(exploded.curve.loss[late]).all() and (exploded.curve.score[late] == 0).all()
    assert np.isfinite(exploded.max_gradient_norm)


@pytest.mark.parametrize("mitigation", ["none", "rmsprop", "adam"])
def test_a_step_that_would_leave_weights_that_are_no_numbers_is_not_taken(mitigation):
    """At an infinite rate loss and gradient of the first step are finite, and only the new weights are not."""
    task = FirstSymbol(6)
    wild = trial(task, "rnn", mitigation, rate=np.inf)
    (outcome,) = trainer_of(task, "rnn", SHARED).train([wild])
    sizes = sizes_of(task, BUDGET)
    before = MODELS["rnn"].initial_weights(sizes, wild.seed)
    assert outcome.diverged_at == 1
    assert all(np.array_equal(outcome.weights[name], before[name]) for name in before)


def test_tuning_is_judged_on_the_validation_set_and_evaluation_on_the_test_set():
    task = FirstSymbol(6)
    evaluated = trial(task, "gru", rate=0.5)
    tuned = dataclasses.replace(evaluated, phase="tune")
    trainer = trainer_of(task, "gru", SHARED)
    (tuning,), (evaluation,) = trainer.train([tuned]), trainer.train([evaluated])
    assert tuning.loss == tuning.curve.loss[-1] == evaluation.curve.loss[-1]
    drawn = [task.draw(generator("test", 0, part), 32) for part in range(2)]  # the budget's 64 test sequences
    network = MODELS["gru"].as_keras(task, sizes_of(task, BUDGET), evaluation.weights, "tanh")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    expected = np.mean([loss(part.targets[:, 0], network(part.inputs)) for part in drawn])
    assert evaluation.loss == pytest.approx(expected, rel=1e-5)
    assert evaluation.loss != tuning.loss


@pytest.mark.slow
def test_conditions_of_one_seed_see_the_same_sequences_and_start_from_the_same_weights():
    """A rate too small to change anything: every condition then reports the same losses, so batches and weights are shared."""
    task = FirstSymbol(6)
    trials = [trial(task, "lstm", mitigation, 1e-12) for mitigation in ("none", "truncated_bptt", "gradient_clipping", "adam")]
    outcomes = trainer_of(task, "lstm", ProgramSize(4, 1)).train(trials)
    for outcome in outcomes[1:]:
        np.testing.assert_allclose(outcome.curve.training_loss, outcomes[0].curve.training_loss, rtol=1e-6)


def test_the_test_figures_of_recorded_data_are_those_of_the_whole_split_whatever_its_parts():
    """150 in parts of 64: the last part of 22 counts by its size; Keras on all of them at once."""
    task = Digits(0)
    budget = dataclasses.replace(BUDGET, validation_sequences=64, test_sequences=150)
    outcome = CohortTrainer(task, "gru", budget, ProgramSize(2, 1), [find("none")], ProbeProgram, []).train([trial(task, "gru", rate=0.5)])[0]
    drawn = next(task.evaluation_parts("test", 150, 150))
    answers = MODELS["gru"].as_keras(task, sizes_of(task, budget), outcome.weights, "tanh")(drawn.inputs)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert outcome.loss == pytest.approx(float(loss(drawn.targets[:, 0], answers)), rel=1e-5)
    assert outcome.metric == pytest.approx(np.mean(np.argmax(answers, -1) == drawn.targets[:, 0]), abs=1e-6)
