"""The answer of a benchmark in plain words: what to use for each network, what is fastest, what the controls say.

Every sentence has a second line with the statistics, the section of the page that is its evidence, and the keys of the rows of trials.csv that prove
it. Nothing is said that those rows do not carry, but for the learning rates that were tried, which are in the table of conditions: what was not
run, cannot be told apart, or may be better at a further rate, is said to be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from unvanish.reports.statistics.success import ran, success
from unvanish.reports.tables import network_answer, truncation_vs_frozen
from unvanish.reports.tables.advice import half_solved
from unvanish.reports.tables.conditions import KEY as KEY_OF_CONDITION
from unvanish.reports.tables.failures import reasons
from unvanish.reports.tables.network_answer import Compared, join_names, n_solved, outcome, share
from unvanish.reports.tables.recorded import only_recorded
from unvanish.reports.tables.verdicts import HALF, with_search
from unvanish.suite.experiment.roles import is_of_control_model, recurrent_models

if TYPE_CHECKING:
    from unvanish.reports.benchmark import Benchmark

KEY = [*KEY_OF_CONDITION, "phase", "seed"]
MATRIX, CAUSES, STEPS, CONTROLS, CONDITIONS = "success", "causes", "steps", "claims", "conditions"  # sections of the page


@dataclass(frozen=True, eq=False)
class Sentence:
    """One statement of the answer.

    text      in plain words
    detail    the statistics it rests on; empty where a count is all
    section   id of the section that is its evidence
    trials    keys of the evaluation trials that prove it, one row each with the columns of `KEY`
    """

    text: str
    detail: str
    section: str
    trials: pd.DataFrame = field(repr=False)


def answer(data: Benchmark) -> list[Sentence]:
    """The sentences, in the order in which a reader needs them; one at least, whatever was run."""
    if data.evaluated.empty:
        return [Sentence("No trial has been evaluated yet.", "", CONDITIONS, data.evaluated[KEY])]
    trials = at_longest_lags(data)
    networks = [on_network(trials[trials.model == model], model) for model in recurrent_models(data.plan)]
    return [*filter(None, networks), scope(data, trials), *fewest_steps(trials), *controls(data, trials), *crashes(data)]


def at_longest_lags(data: Benchmark) -> pd.DataFrame:
    """Evaluation trials at the longest lag planned of each task that were run to their end, with the search for the learning rate of their condition."""
    evaluated = ran(data.evaluated)
    return with_search(evaluated[evaluated.lag == evaluated.task.map(data.plan.longest_lags)], data.conditions)


def on_network(trials: pd.DataFrame, model: str) -> Sentence | None:
    """Return the answer for a network; None where nothing but controls was run of it."""
    compared = Compared.of(trials, model)
    if compared.trials.empty:
        return None
    section = MATRIX if compared.cures else CAUSES
    return Sentence(network_answer.text(model, compared), network_answer.detail(compared), section, compared.trials[KEY])


def scope(data: Benchmark, trials: pd.DataFrame) -> Sentence:
    """Say on which tasks and lags this is measured, and how much of the plan has been run."""
    run = ran(data.evaluated)[["task", "lag", "model", "mitigation"]].drop_duplicates()
    part = "" if len(run) == len(data.plan.conditions) else f" {len(run)} of {len(data.plan.conditions)} planned conditions have been run."
    if trials.empty:
        return Sentence(f"No trial at the longest lag of a task has been run to its end.{part}", "", CONDITIONS, trials[KEY])
    where = join_names([f"{task} at lag {lag}" for task, lag in trials[["task", "lag"]].drop_duplicates().itertuples(index=False)], most=8)
    recorded = [entry.task for entry in data.plan.tasks if entry.parameters.get("facts") and entry.task in set(trials.task)]
    note = f" {join_names(list(dict.fromkeys(recorded)))}: recorded data, solved where no simple predictor is better." if recorded else ""
    longest = ", the longest lag of each task" if trials.task.nunique() > 1 else ""
    text = f"This was measured on {where}{longest}: {outcome(trials)}.{note}{part}"
    return Sentence(text, "", MATRIX, trials[KEY])


def fewest_steps(trials: pd.DataFrame) -> list[Sentence]:
    """The model and mitigation that solves half of its trials in the fewest steps, of those run on as many tasks as any; none where all are equal."""
    half_solved_by = {}
    tasks = trials.groupby(["model", "mitigation"]).task.nunique()
    for (model, mitigation), mine in trials.groupby(["model", "mitigation"], sort=False):
        steps = half_solved(mine.solved_at)
        if steps == steps and tasks[model, mitigation] == tasks.max():
            half_solved_by[model, mitigation] = (steps, mine)
    if not half_solved_by:
        return []
    fewest = min(steps for steps, _ in half_solved_by.values())
    first = [name for name, (steps, _) in half_solved_by.items() if steps == fewest]
    if len(first) == len(half_solved_by):
        return []
    names = join_names([f"{model} {'without a cure' if mitigation == 'none' else f'with {mitigation}'}" for model, mitigation in first])
    shown = pd.concat([half_solved_by[name][1] for name in first])
    verb = "needs" if len(first) == 1 else "need"
    text = f"{names} {verb} the fewest steps: half of the trials are solved by step {fewest:.0f}."
    return [Sentence(text, f"Share solved in the end: {share(shown)}.", STEPS, shown[KEY])]


def need_of_memory(stateless: pd.DataFrame, trials: pd.DataFrame) -> str:
    """Return what the trials of a network without state say of the tasks, as a part of a sentence: one that no network solves may have nothing to learn."""
    if n_solved(stateless):
        return ", so not every task here needs memory"
    if success(stateless)["success_high"] >= HALF:
        return ""
    tasks = stateless.task.unique()
    needing = np.isin(tasks, trials[trials.diagnosis == "solved"].task).sum()
    if needing == len(tasks):
        return ", so these tasks need memory"
    return f"; networks with a state solved {needing} of these {len(tasks)} tasks" if needing else ""


def controls(data: Benchmark, trials: pd.DataFrame) -> list[Sentence]:
    """The results of a network without state, and of one whose state is never trained."""
    sentences = []
    evidence = MATRIX if only_recorded(data.plan, data.recorded) else CONTROLS
    stateless = trials[is_of_control_model(trials)]
    if len(stateless):
        text = f"Feed-forward, the control that keeps no state: {outcome(stateless)}{need_of_memory(stateless, trials)}."
        sentences.append(Sentence(text, f"Share solved, with Wilson's 95 % interval: {share(stateless)}.", evidence, stateless[KEY]))
    untrained = data.truncation_vs_frozen
    if len(untrained):
        names = untrained[["task", "lag", "model", "mitigation"]]
        both = pd.concat([names, names.assign(mitigation=truncation_vs_frozen.FROZEN)]).drop_duplicates()
        proof = data.evaluated.merge(both, on=list(names))[KEY]
        sentences.append(Sentence(truncation_vs_frozen.sentence(untrained), truncation_vs_frozen.detail(untrained), evidence, proof))
    return sentences


def crashes(data: Benchmark) -> list[Sentence]:
    """Trials that could not be run to their end."""
    failed = data.evaluated[data.evaluated.status == "failed"]
    if failed.empty:
        return []
    total = len(data.evaluated)
    if total == 1:
        counted = "The only trial could not be run, and counts"
    elif len(failed) == total:
        counted = f"None of the {total} trials could be run, and they count"
    else:
        counted = f"{len(failed)} of {total} trials could not be run, and count{'s' if len(failed) == 1 else ''}"
    text = f"{counted} neither for nor against anything: {reasons(failed)}"
    return [Sentence(f"{text.rstrip('.')}.", "", CONDITIONS, failed[KEY])]
