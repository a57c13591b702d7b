"""A rule that judges otherwise needs another version: stored trials are judged anew only where the version has changed."""

import dataclasses
import hashlib

import numpy as np

from tests.support.benchmarks import smoke, trained
from unvanish.suite.diagnosis import RULES_VERSION, judge
from unvanish.suite.experiment.trial import Probes, evaluation_trials

VERDICTS = {"2": "6a537b0e"}  # by version: a digest of what it says of the trials drawn here


CONDITIONS = [*[("rnn", "none")] * 6, ("rnn", "truncated_bptt"), ("rnn", "frozen"), ("lstm", "gradient_clipping"), ("feedforward", "none")]


def drawn(random, conditions):
    """A trial of one of these conditions, with curves and probes on both sides of every threshold."""
    trial = evaluation_trials(conditions[CONDITIONS[random.integers(len(CONDITIONS))]], 0.1)[0]
    base, length = trained(trial), trial.condition.task.length
    points = len(base.curve.step)

    def around(threshold, size):
        return threshold * 10 ** random.normal(0, 0.4, size)

    curve = dataclasses.replace(base.curve, gradient_norm=around(2.0, points), update_ratio=around(0.02, points), score=random.uniform(-0.2, 0.4, points))
    shares = {f"{name}_share": np.minimum(around(middle, 4), 1.0) for name, middle in (("dead", 0.3), ("saturated", 0.2))}
    reaching = 10 ** np.cumsum([random.uniform(-2.5, 0), *-random.exponential(1.0, 3)])  # falls from probe to probe
    fall = reaching[:, None] ** np.linspace(0, 1, length)
    probes = Probes(np.array([0, 20, 40, 60]), shares, {"norm": fall, "input_norm": fall})
    loss, diverged_at = trial.condition.task.baseline_loss * random.uniform(0.8, 1.1), int(random.integers(1, 99))
    end = {"loss": loss, "metric": random.uniform(0, 0.5)} if random.random() < 0.9 else {"loss": np.nan, "metric": np.nan, "diverged_at": diverged_at}
    return trained(trial, curve=curve, probes=probes, **end)


def test_verdicts_are_those_of_the_version_that_is_stored_with_them():
    random = np.random.default_rng(0)
    conditions = {(condition.model, condition.mitigation): condition for condition in smoke().conditions if condition.task.name == "first_symbol"}
    diagnoses = [judge(drawn(random, conditions)).diagnosis for _ in range(500)]
    assert len({diagnosis.word for diagnosis in diagnoses}) == 11  # all that are not solved nor failed
    said = [(diagnosis.word, diagnosis.onset_step, *((event.name, event.step) for event in diagnosis.events)) for diagnosis in diagnoses]
    digest = hashlib.sha256(repr(said).encode()).hexdigest()[:8]
    assert VERDICTS.get(RULES_VERSION) == digest, "verdicts changed: raise RULES_VERSION and write its digest here"
