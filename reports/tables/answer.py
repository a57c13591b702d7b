"""The answer of a benchmark in a few sentences: what a model does without a cure, what rescues it, what is fastest, what the controls say.

Every sentence has figures with their uncertainty, the section of the page that is its evidence, and the keys of the rows of trials.csv that prove
it. Nothing is said that those rows do not carry, but for the learning rates that were tried, which are in the table of conditions: what was not
run, cannot be told apart, or may be better at a further rate, is said to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

import pandas as pd

from unvanish.reports.statistics.paired import LEVEL, can_be_significant, holm
from unvanish.reports.statistics.success import ran, success
from unvanish.reports.tables import truncation_vs_frozen
from unvanish.reports.tables.advice import half_solved
from unvanish.reports.tables.conditions import KEY as KEY_OF_CONDITION
from unvanish.reports.tables.conditions import first_event
from unvanish.reports.tables.failures import reasons
from unvanish.reports.tables.recorded import only_recorded
from unvanish.reports.tables.verdicts import Pairs, of_conditions, with_search
from unvanish.suite.diagnosis.rules.weak import FIRST_TO_TRY
from unvanish.suite.experiment.roles import CURE, is_of_control_model, recurrent_models, role
from unvanish.suite.experiment.tuning import CAP

if TYPE_CHECKING:
    from unvanish.reports.benchmark import Benchmark

KEY = [*KEY_OF_CONDITION, "phase", "seed"]
MATRIX, CAUSES, STEPS, CONTROLS, CONDITIONS = "success", "causes", "steps", "claims", "conditions"  # sections of the page
WORDS = {
    "exploded": "a gradient spike",
    "rate_too_high": "a step too long for any gradient to help",
    "vanished": "a gradient that vanished",
    "weak": "a gradient that was weak from the start",
    "saturated": "that units saturated",
    "dead": "that ReLUs died",
    "none_seen": "none that was seen",
}


@dataclass(frozen=True, eq=False)
class Sentence:
    """One sentence of the answer.

    section   id of the section that is its evidence
    trials    keys of the evaluation trials that prove it, one row each with the columns of `KEY`
    """

    text: str
    section: str
    trials: pd.DataFrame = field(repr=False)


def answer(data: Benchmark) -> list[Sentence]:
    """The sentences, in the order in which a reader needs them; one at least, whatever was run."""
    if data.evaluated.empty:
        return [Sentence("No trial has been evaluated yet.", CONDITIONS, data.evaluated[KEY])]
    trials = at_longest_lags(data)
    sentences = [scope(data, trials)]
    for model in recurrent_models(data.plan):
        sentences += model_sentences(trials[trials.model == model], model)
    sentences += [*fewest_steps(trials), *controls(data, trials), *crashes(data)]
    return sentences


def at_longest_lags(data: Benchmark) -> pd.DataFrame:
    """Evaluation trials at the longest lag planned of each task that were run to their end, with the search for the learning rate of their condition."""
    evaluated = ran(data.evaluated)
    return with_search(evaluated[evaluated.lag == evaluated.task.map(data.plan.longest_lags)], data.conditions)


def scope(data: Benchmark, trials: pd.DataFrame) -> Sentence:
    """Count the trials that were run and solved at the longest lags."""
    run = ran(data.evaluated)[["task", "lag", "model", "mitigation"]].drop_duplicates()
    part = "" if len(run) == len(data.plan.conditions) else f" {len(run)} of {len(data.plan.conditions)} planned conditions have been run."
    if trials.empty:
        return Sentence(f"No trial at the longest lag of a task has been run to its end.{part}", CONDITIONS, trials[KEY])
    where = ", ".join(f"{task} {lag}" for task, lag in trials[["task", "lag"]].drop_duplicates().itertuples(index=False))
    solved = int((trials.diagnosis == "solved").sum())
    return Sentence(f"At the longest lags ({where}) {count(solved)} of {len(trials)} evaluation trials solved their task.{part}", MATRIX, trials[KEY])


def model_sentences(trials: pd.DataFrame, model: str) -> list[Sentence]:
    """The results of a model without a cure, the cause of its failures, and the cure that solves most of the same seeds."""
    plain = trials[trials.mitigation == "none"]
    if plain.empty:
        return []
    unsolved = plain[plain.diagnosis != "solved"]
    text = f"{model} without a cure solved {figures(plain)}"
    if len(unsolved):
        event = first_event(unsolved)
        what = WORDS.get(event["cause"], event["cause"])
        seen = unsolved[unsolved.cause == event["cause"]]
        others = "first event of the other one" if len(unsolved) == 1 else f"most frequent first event of the {len(unsolved)} others"
        text += f"; the {others} was {what} ({event['n_cause']}, {at_rates(seen.learning_rate)})"
        text += (larger_rates(seen) if event["cause"] == "weak" else "") + further_rates(unsolved)
    return [Sentence(f"{text}.", CAUSES, plain[KEY]), *best_cure(trials, model)]


def best_cure(trials: pd.DataFrame, model: str) -> list[Sentence]:
    """The cure with most solved, of those that were run on all tasks that `none` was run on, tested against it by pairs of one seed."""
    plain = trials[trials.mitigation == "none"]
    cures = {name: mine for name, mine in trials.groupby("mitigation", sort=False) if role(model, str(name)) == CURE}
    pairs = {name: Pairs.of(mine, plain) for name, mine in cures.items()}
    whole = [name for name in cures if len(pairs[name]) == len(plain)]
    if not whole:
        return []
    corrected = dict(zip(whole, holm(pd.Series([pairs[name].p for name in whole])), strict=True))
    solved = {name: int((cures[name].diagnosis == "solved").sum()) for name in whole}
    most = max(solved.values())
    first = [name for name in whole if solved[name] == most]
    if not most:
        failed = pd.concat([cures[name] for name in whole])
        cures_run = "1 cure" if len(whole) == 1 else f"{len(whole)} cures"
        text = f"No cure solved a trial of {model}{rates_tried(failed)}: {count(0)} of {len(failed)} under {cures_run}{further_rates(failed)}."
        return [Sentence(text, MATRIX, failed[KEY])]
    best = min(first, key=lambda name: (half_solved(cures[name].solved_at) or inf, whole.index(name)))
    mine = pairs[best]
    text = f"With {best} {model} solved {figures(cures[best])}: of the same seeds {mine.gained} gained and {mine.lost} lost"
    if can_be_significant(len(mine), len(whole)):
        text += f" (McNemar's exact p {corrected[best]:.2g} after Holm's correction for {len(whole)} cures)"
        text += "" if corrected[best] <= LEVEL else ", which does not tell it from none"
    else:
        text += ", too few for a test"
    others = [str(name) for name in first if name != best]
    text += f"; {join_names(others)} solved as many" if others else ""
    idle = [name for name in whole if (cures[name].inert != "").all()]
    text += f"; {join_names([*map(str, idle)])} never acted" if idle else ""
    shown = pd.concat([plain, *(cures[name] for name in dict.fromkeys([best, *first, *idle]))])
    return [Sentence(f"{text}.", MATRIX, shown[KEY])]


def fewest_steps(trials: pd.DataFrame) -> list[Sentence]:
    """The model and mitigation that solves half of its trials in the fewest steps, of those run on as many tasks as any."""
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
    names = join_names([f"{model} with {mitigation}" for model, mitigation in first])
    shown = pd.concat([half_solved_by[name][1] for name in first])
    verb = "has" if len(first) == 1 else "have"
    return [Sentence(f"Fewest steps: {names} {verb} solved half of the trials by step {fewest:.0f} ({figures(shown)} in the end).", STEPS, shown[KEY])]


def controls(data: Benchmark, trials: pd.DataFrame) -> list[Sentence]:
    """The results of a network without state, and of one whose state is never trained."""
    sentences = []
    stateless = trials[is_of_control_model(trials)]
    if len(stateless):
        evidence = MATRIX if only_recorded(data.plan, data.recorded) else CONTROLS
        sentences.append(Sentence(f"Feed-forward, the control without a state, solved {figures(stateless)}.", evidence, stateless[KEY]))
    text = truncation_vs_frozen.sentence(data.truncation_vs_frozen)
    if text:
        names = data.truncation_vs_frozen[["task", "lag", "model", "mitigation"]]
        both = pd.concat([names, names.assign(mitigation=truncation_vs_frozen.FROZEN)]).drop_duplicates()
        evidence = MATRIX if only_recorded(data.plan, data.recorded) else CONTROLS
        sentences.append(Sentence(text, evidence, data.evaluated.merge(both, on=list(names))[KEY]))
    return sentences


def crashes(data: Benchmark) -> list[Sentence]:
    """Trials that could not be run to their end."""
    failed = data.evaluated[data.evaluated.status == "failed"]
    if failed.empty:
        return []
    text = f"{len(failed)} of {len(data.evaluated)} evaluation trials failed to run, and count neither for nor against anything: {reasons(failed)}"
    return [Sentence(f"{text.rstrip('.')}.", CONDITIONS, failed[KEY])]


def at_rates(rates: pd.Series) -> str:
    """`at rate 0.2`, or `at rates 0.04 to 1`."""
    lowest, highest = f"{rates.min():g}", f"{rates.max():g}"
    return f"at rate {lowest}" if lowest == highest else f"at rates {lowest} to {highest}"


def rates_tried(trials: pd.DataFrame) -> str:
    """The range of the learning rates that were tried, as what none of these trials was solved at; empty where none is known.

    An evaluation trial has a chosen rate. That no other rate does better is said only where none of the tuning trials solved the task either.
    """
    if trials.lowest_rate.isna().all():
        return ""
    lowest, highest = f"{trials.lowest_rate.min():g}", f"{trials.highest_rate.max():g}"
    if lowest == highest:
        return f" at the only rate tried, {lowest}"
    never = (trials.expected_best_of_1 == 0).all()
    return f" at {'any of the rates tried' if never else 'the rates that were chosen of those tried'}, {lowest} to {highest}"


def larger_rates(weak: pd.DataFrame) -> str:
    """What is to be tried first against a gradient that is weak, and in how many of the conditions of these trials it was."""
    rates = weak[[*KEY_OF_CONDITION, "learning_rate", "highest_rate"]].drop_duplicates()
    not_tried = int((rates.learning_rate >= rates.highest_rate).sum())
    if not_tried:
        return f"; {FIRST_TO_TRY}, and none was tried in {of_conditions(not_tried, len(rates))}"
    return f"; {FIRST_TO_TRY}, and rates up to {rates.highest_rate.max():g} were tried and were no better"


def further_rates(trials: pd.DataFrame) -> str:
    """In how many conditions of these trials the search for a learning rate stopped at its cap; empty where in none."""
    conditions = trials[[*KEY_OF_CONDITION, "search_stopped"]].drop_duplicates()
    stopped = int((conditions.search_stopped == CAP).sum())
    where = of_conditions(stopped, len(conditions)) if stopped else ""
    return f"; a further rate may be better in {where}, where the search stopped at its cap" if stopped else ""


def figures(trials: pd.DataFrame) -> str:
    """Solved of trials, with Wilson's interval."""
    row = success(trials)
    return f"{count(row['n_solved'])} of {row['n_trials']} [{row['success_low']:.2f}, {row['success_high']:.2f}]"


def join_names(names: Sequence[str], most: int = 3) -> str:
    """`a, b and c`; of more than `most`, the first and how many others."""
    shown = list(names) if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} others"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def count(solved: int) -> str:
    """Return a number of solved trials as a word of a sentence: `none` for 0."""
    return str(solved) if solved else "none"
