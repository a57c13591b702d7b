"""The diagnosis of a trial: its outcome, what happened inside, and the one word made of both; of fresh trials and of stored ones."""

from __future__ import annotations

from math import nan

import numpy as np
import pandas as pd

from unvanish.suite.diagnosis.outcomes import OUTCOMES, trial_outcome
from unvanish.suite.diagnosis.rule import TrialRule
from unvanish.suite.diagnosis.rules import RULES
from unvanish.suite.diagnosis.trial_facts import TrialFacts, facts_of, stored_facts
from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.experiment.trial import NONE_SEEN, Diagnosis, Event, Result, TrainedTrial, Trial
from unvanish.suite.tables.frames import judgement
from unvanish.suite.tables.measurements import Measurements, by_trial, measurements_of
from unvanish.suite.tables.schema import JUDGEMENT, KEY, TRIALS
from unvanish.tasks.errors import UsageError

RULES_VERSION = "2"  # raised by hand when a verdict changes: stored trials are then judged anew
TRIAL_RULES: dict[str, TrialRule] = dict(
    sorted(((rule.name, rule.trial) for rule in RULES if rule.trial is not None), key=lambda named: named[1].position),
)
EVENTS = {name: rule.meaning for name, rule in TRIAL_RULES.items()}
DIAGNOSES = {
    **{word: OUTCOMES[word] for word in ("solved", "learning")},
    **{name: f"{'diverged, or ' if name == 'exploded' else ''}at the baseline, and the first event was this: {meaning}" for name, meaning in EVENTS.items()},
    NONE_SEEN: "at the baseline, and no event was seen",
    "failed": OUTCOMES["failed"],
}


def judge(trained: TrainedTrial) -> Result:
    """The result of a finished trial."""
    return Result(trained.trial, "finished", diagnose(facts_of(trained), measurements_of(trained)), trained)


def failed(trial: Trial, reason: str) -> Result:
    """The result of a trial that could not be run to its end, of which no score is known."""
    return Result(trial, "failed", Diagnosis("failed", (), "failed", reason, score=nan))


def judge_tables(plan: PlanRecord, trials: pd.DataFrame, curves: pd.DataFrame, probes: pd.DataFrame, gradients: pd.DataFrame) -> pd.DataFrame:
    """The stored table of trials with the diagnoses that the rules of today make of what was measured.

    Trials that failed to run, and those of a plug-in that this process does not know, stay as they are.
    """
    facts_of_row, measured = stored_facts(plan), by_trial(curves, probes, gradients)
    columns = {name: trials[name].tolist() for name in JUDGEMENT}
    for position, row in enumerate(trials.itertuples(index=False)):
        key = tuple(getattr(row, name) for name in KEY)
        if row.status != "finished" or key not in measured:
            continue
        try:
            diagnosis = diagnose(facts_of_row(row), measured[key])
        except UsageError:
            continue
        for name, value in judgement(diagnosis).items():
            columns[name][position] = value
    judged = {name: pd.array(values, dtype=TRIALS[name].dtype) for name, values in columns.items()}
    return trials.assign(**judged)


def diagnose(facts: TrialFacts, measured: Measurements) -> Diagnosis:
    """Judge a trial: its outcome, what happened inside in order, the word for both, and the sentence with the figures that decided."""
    outcome, sentence, reached_at = trial_outcome(facts, measured)
    happened = events(facts, measured)
    word = outcome if outcome != "diverged" else "exploded"
    if outcome == "baseline":
        word = happened[0].name if happened else NONE_SEEN
        reached_at = happened[0].step if happened else None
    rule = "; ".join([sentence, *(f"{event.name} since step {event.step}: {event.evidence}" for event in happened)])
    # what never acted on a trial before it diverged might have acted later
    inert = facts.mitigations.never_active(facts.task, facts.clipped_share if facts.diverged_at is None else np.nan)
    return Diagnosis(outcome, happened, word, rule, reached_at, facts.task.score(facts.loss, facts.metric), inert)


def events(facts: TrialFacts, measured: Measurements) -> tuple[Event, ...]:
    """All that happened to a trial, in the order of the steps; of one step, in the order of the rules' positions.

    An event says what happened, not that it is why a trial failed: trials that solve their task have events too. What each of
    them predicts is measured by `unvanish validate`, and the thresholds were set on other tasks and seeds than those it is scored on.
    """
    happened = []
    for rule in TRIAL_RULES.values():
        event = rule.detect(facts, measured)
        if event and rule.alone:
            return (event,)
        happened += [event] if event else []
    return tuple(sorted(happened, key=lambda event: event.step))
