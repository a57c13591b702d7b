"""A plug-in that fails costs its own conditions alone: the others are equal to the bit to what they are without it, and the reason names its line."""

import dataclasses

import numpy as np
import pytest

from tests.suite.execution.test_protocol import assert_equal_to_the_bit
from tests.support.benchmarks import smoke
from unvanish.suite import plugins
from unvanish.suite.execution import isolation
from unvanish.suite.execution.isolation import run_apart
from unvanish.suite.execution.protocol import run_cohort
from unvanish.suite.experiment.plan import make_plan, select
from unvanish.suite.experiment.profile import load, with_plugin_entries
from unvanish.suite.probes import PROBES
from unvanish.tasks.registry import Registry

CURE = """
from unvanish.plugins import Mitigation


class {name}(Mitigation):
    name, summary, against, reference = "{name}", "made up", "both", "none"

{body}

MITIGATION = {name}
"""
BODY_LINE = 8  # of CURE


@pytest.fixture(autouse=True)
def no_plugins_left():
    yield
    Registry.plugins.clear()


@pytest.fixture
def plugin(tmp_path):
    """Loads a plug-in."""

    def load_plugin(source, name="mine.py"):
        (tmp_path / name).write_text(source)
        plugins.add(tmp_path / name)

    return load_plugin


def cure(body, name="Broken"):
    return CURE.format(name=name, body="\n".join(f"    {line}" for line in body))


def cohort_of(selection):
    """The only cohort of the profile smoke with the loaded plug-ins that is selected."""
    (cohort,) = select(make_plan(with_plugin_entries(load("smoke"))), selection).cohorts
    return dataclasses.replace(cohort, planned=tuple(condition.mitigations for condition in cohort.conditions))


def run(cohort):
    told, warnings = [], {}
    outcome = run_apart(cohort, lambda trial_steps, trials: told.append((trial_steps, trials)), lambda probe, reason: warnings.update({probe: reason}))
    return outcome, told, warnings


@pytest.fixture(scope="module")
def without():
    """The results of a cohort without plug-ins."""
    return run_cohort(
        dataclasses.replace(
            plain := select(smoke(), "task=first_symbol,model=rnn,mitigation=none|rmsprop").cohorts[0], planned=tuple(c.mitigations for c in plain.conditions)
        )
    )[0]


UPDATE = ["@staticmethod", "def update(gradient, rate, slots, context, params):"]
BROKEN = {
    "raises while it is traced": ([*UPDATE, "    raise ValueError('no such thing')"], 2, "update: ValueError: no such thing"),
    "returns a wrong shape": (
        [*UPDATE, "    return gradient[:, 1:], slots"],
        0,
        "update: it returned float32 [12, 239] as value 1; expected is float32 [12, 240]",
    ),
    "returns slots that it does not start": ([*UPDATE, "    return rate[:, None] * gradient, (gradient,)"], 0, "update: it returned 1 value as value 2"),
    "returns nothing": (["def init_weights(self, weights, context):", "    weights.clear()"], 0, "init_weights: it returned nothing; expected are "),
    "raises on the host": (["def init_weights(self, weights, context):", "    return weights['nonsense']"], 1, "init_weights: KeyError: 'nonsense'"),
    "returns a wrong weight": (
        ["def init_weights(self, weights, context):", "    return weights | {'bias': weights['bias'][1:]}"],
        0,
        "init_weights: it returned float32 [7] for bias; expected is float32 [8]",
    ),
    "raises in the middle of the training": (
        ["def could_act(self, task, norm):", "    return 1 / 0 if norm else False"],
        1,
        "could_act: ZeroDivisionError: division by zero",
    ),
    "cannot be compiled": (
        [
            "@staticmethod",
            "def learning_rate(rate, context, params):",
            "    import tensorflow as tf",
            "    return tf.ensure_shape(tf.numpy_function(lambda r: r, [rate], tf.float32), rate.shape)",
        ],
        3,
        "learning_rate: ",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_cure_that_fails_costs_its_own_conditions_alone(plugin, without, case):
    body, line, sentence = BROKEN[case]
    plugin(cure(body))
    cohort = cohort_of("task=first_symbol,model=rnn,mitigation=none|rmsprop|Broken")
    outcome, told, _ = run(cohort)
    finished, failed = ([result for result in outcome.results if result.status == status] for status in ("finished", "failed"))
    assert_equal_to_the_bit(finished, without)
    assert {result.trial.condition.mitigation for result in failed} == {"Broken"} and len(failed) == cohort.conditions[-1].tuning_trials + 2
    (reason,) = {result.diagnosis.rule for result in failed}
    assert outcome.failures == [reason] and reason.startswith(f"plug-in mine.py, line {BODY_LINE + line}, {sentence}"), reason
    assert [result.trial.condition.mitigation for result in outcome.results] == sorted(
        (result.trial.condition.mitigation for result in outcome.results), key=["none", "rmsprop", "Broken"].index
    )
    assert sum(trial_steps for trial_steps, _ in told) == len(finished) * cohort.budget.steps and told[-1][1] == len(finished)


@pytest.mark.slow
def test_what_cannot_be_told_to_be_of_a_plugin_is_tried_without_it_and_each_alone(plugin, without, monkeypatch):
    plugin(cure([*UPDATE, "    raise ValueError('no such thing')"]))
    plugin(cure([*UPDATE, "    return rate[:, None] * gradient, slots"], "Plain"), "other.py")
    monkeypatch.setattr(isolation, "mitigations_at_fault", lambda error, cohort: set())
    cohort = cohort_of("task=first_symbol,model=rnn,mitigation=none|rmsprop|Broken|Plain")
    outcome, told, _ = run(cohort)
    by_mitigation = {
        name: [result for result in outcome.results if result.trial.condition.mitigation == name] for name in ("none", "rmsprop", "Broken", "Plain")
    }
    assert_equal_to_the_bit([*by_mitigation["none"], *by_mitigation["rmsprop"]], without)
    assert {result.status for result in by_mitigation["Broken"]} == {"failed"} and len(outcome.failures) == 1
    beside_what_ships = run_cohort(cohort_of("task=first_symbol,model=rnn,mitigation=none|rmsprop|Plain"))[0]
    assert_equal_to_the_bit(by_mitigation["Plain"], [result for result in beside_what_ships if result.trial.condition.mitigation == "Plain"])
    finished = [result for result in outcome.results if result.status == "finished"]
    assert sum(trial_steps for trial_steps, _ in told) == len(finished) * cohort.budget.steps and told[-1][1] == len(finished)


def test_a_task_or_model_that_fails_costs_all_of_its_cohort_and_is_named(plugin):
    plugin(
        "from unvanish.plugins import Cell, Gate\n\n\nclass Odd(Cell):\n    name, summary, reference, recurrent = 'odd', 'made up', 'none', True\n"
        "    gates = (Gate('candidate', 'activation'),)\n\n    def combine(self, gates, states, activation):\n        return nonsense\n\n\nMODEL = Odd()\n"
    )
    outcome, _, _ = run(cohort_of("task=first_symbol,model=odd,mitigation=none|rmsprop"))
    assert {result.status for result in outcome.results} == {"failed"}
    assert outcome.failures == ["plug-in mine.py, line 9, combine: NameError: name 'nonsense' is not defined"]


PROBE = """
from unvanish.plugins import Probe, Series


def measure(context):
    import tensorflow as tf

    {statement}


PROBE = Probe("odd", 50, {{"odd": Series("made up")}}, measure=measure)
"""


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("raise ValueError('no such thing')", "plug-in mine.py, line 8, measure: ValueError: no such thing"),
        ("return {'odd': tf.zeros([3, 3, 3])}", "ValueError: its figure odd has the shape (3, 3, 3); it must be [4] or ["),
        ("return {'odd': tf.ensure_shape(tf.numpy_function(lambda: 0.0, [], tf.float32), [4])}", "plug-in mine.py, line 8, measure: "),
    ],
)
def test_a_probe_that_fails_gives_no_figures_and_no_failed_trial(plugin, statement, sentence):
    selection = "task=first_symbol,model=rnn,mitigation=none"
    expected, _, nothing = run(without_padding := cohort_of(selection))
    assert nothing == {} and without_padding.max_length == without_padding.task.length
    plugin(PROBE.format(statement=statement))
    outcome, _, warnings = run(cohort_of(selection))
    assert list(warnings) == ["odd"] and sentence in warnings["odd"] and outcome.failures == []
    assert_equal_to_the_bit(outcome.results, expected.results)
    assert not any("odd" in result.trained.probes.figures for result in outcome.results)


def test_a_probe_that_ships_may_fail_too_and_one_on_the_host_leaves_missing_values(monkeypatch):
    """The spectrum is measured on the host; it fails at its second measurement."""
    calls = []

    def once(model, weights):
        calls.append(1)
        if len(calls) > 1:
            raise RuntimeError("not twice")
        return spectrum.measure_weights(model, weights)

    spectrum = PROBES["spectrum"]
    monkeypatch.setitem(PROBES.own, "spectrum", dataclasses.replace(spectrum, measure_weights=once))
    cohort = cohort_of("task=first_symbol,model=rnn,mitigation=none")
    outcome, _, told = run(cohort)
    radius = outcome.results[0].trained.probes.figure("spectral_radius")
    assert np.isfinite(radius[0]) and np.isnan(radius[1:]).all() and told == {"spectrum": "RuntimeError: not twice"}
