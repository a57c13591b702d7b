"""The answer for one network: what to use, how often it worked, at which learning rate and after how many steps, what failed and why.

`text` is for a reader who knows no test; `detail` has the intervals, the test and the searches for a learning rate that the text rests on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

import pandas as pd

from unvanish.reports.statistics.paired import LEVEL, can_be_significant, holm
from unvanish.reports.statistics.success import success
from unvanish.reports.tables.advice import half_solved
from unvanish.reports.tables.conditions import KEY as KEY_OF_CONDITION
from unvanish.reports.tables.conditions import first_event
from unvanish.reports.tables.verdicts import HALF, Pairs, of_conditions
from unvanish.suite.diagnosis.rules.weak import FIRST_TO_TRY
from unvanish.suite.experiment.roles import CURE, role
from unvanish.suite.experiment.tuning import CAP

CAUSES = {
    "exploded": "had a gradient that exploded",
    "rate_too_high": "took steps too long for any gradient to help",
    "vanished": "had a gradient that vanished",
    "weak": "had a gradient that was weak from the start",
    "saturated": "had units that saturated",
    "dead": "had ReLUs that died",
    "none_seen": "showed none of the faults that are measured",
}


@dataclass(frozen=True, eq=False)
class Compared:
    """The trials of a network without a cure, and with each cure that was run on the same tasks and seeds.

    plain    without a cure; empty where none was run
    cures    the trials of each cure; where there are none without a cure, of each cure that was run
    partial  cures that were run on a part of these tasks and seeds only, and are not compared
    pairs    of each cure, with the trials of the same seed without it
    p        McNemar's exact p of each cure, corrected by Holm's procedure for their number
    """

    plain: pd.DataFrame
    cures: dict[str, pd.DataFrame]
    partial: list[str] = field(default_factory=list)
    pairs: dict[str, Pairs] = field(default_factory=dict)
    p: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, trials: pd.DataFrame, model: str) -> Compared:
        """Sort the evaluation trials of a model, with the columns of `unvanish.reports.tables.verdicts.with_search`; controls are left out."""
        plain = trials[trials.mitigation == "none"]
        cures = {str(name): mine for name, mine in trials.groupby("mitigation", sort=False) if role(model, str(name)) == CURE}
        if plain.empty:
            return cls(plain, cures)
        pairs = {name: Pairs.of(mine, plain) for name, mine in cures.items()}
        whole = [name for name in cures if len(pairs[name]) == len(plain)]
        p = dict(zip(whole, holm(pd.Series([pairs[name].p for name in whole])), strict=True)) if whole else {}
        partial = [name for name in cures if name not in whole]
        return cls(plain, {name: cures[name] for name in whole}, partial, {name: pairs[name] for name in whole}, p)

    @property
    def best(self) -> str:
        """The cure that solved most trials; of equals the one with the fewest steps. There must be one."""
        names = list(self.cures)
        return min(names, key=lambda name: (-n_solved(self.cures[name]), half_solved(self.cures[name].solved_at) or inf, names.index(name)))

    @property
    def equals(self) -> list[str]:
        """The other cures that solved as many trials as the best."""
        best = self.best
        return [name for name, mine in self.cures.items() if name != best and n_solved(mine) == n_solved(self.cures[best])]

    @property
    def harmful(self) -> list[str]:
        """The cures that lose so many more trials than they gain that it is not chance."""
        return [name for name, pairs in self.pairs.items() if self.p[name] <= LEVEL and pairs.lost > pairs.gained]

    @property
    def rare(self) -> bool:
        """Whether even the best cure solves fewer than half of the trials, by its interval, or nothing solved any."""
        if not self.cures or self.plain.empty:
            return False
        mine = self.cures[self.best]
        return success(mine)["success_high"] < HALF or n_solved(mine) + n_solved(self.plain) == 0

    @property
    def trials(self) -> pd.DataFrame:
        """All trials that are counted."""
        return pd.concat([self.plain, *self.cures.values()])


def text(model: str, compared: Compared) -> str:
    """Return the answer for a network in plain words."""
    plain, cures = compared.plain, compared.cures
    if plain.empty:
        return (
            f"{model}: training without a cure was not measured, so no cure can be said to help. With {ranked_best(compared)} {outcome(cures[compared.best])}."
        )
    if not cures:
        why = "no cure was run on the same tasks and seeds" if compared.partial else "no cure was tried"
        return joined(f"{model}: {why}. Without one {outcome(plain)}{rate_and_steps(plain)}.", failed(plain, "without a cure"))
    best = compared.best
    gain = n_solved(cures[best]) > n_solved(plain)
    if not n_solved(plain) and not gain:
        return nothing_solved(model, compared)
    if not gain:
        return no_gain(model, compared)
    doubt = "" if compared.p[best] <= LEVEL else ", a difference that may be chance" if testable(compared, best) else "; these are too few trials for a test"
    result = f"{outcome(cures[best])}{rate_and_steps(cures[best])}; without a cure {short(plain)}{doubt}."
    why = failed(plain, "without a cure")
    if compared.rare:
        return joined(f"{model}: no cure solves most trials. With {ranked_best(compared)} {result}", why, worse(compared), further_rates(compared.trials))
    lead = f"{model}: {f'try {best} first' if doubt else f'use {best}'}."
    equals = f"{join_names(compared.equals)} solved as many." if compared.equals else ""
    return joined(f"{lead} With it {result}", equals, why, worse(compared))


def nothing_solved(model: str, compared: Compared) -> str:
    """Return the answer for a network that solved no trial, with a cure or without."""
    every = pd.concat(compared.cures.values())
    cures = f"{compared.best}, the only cure that was tried" if len(compared.cures) == 1 else f"any of the {len(compared.cures)} cures"
    what = "the task" if compared.plain.task.nunique() == 1 else "a task"
    return joined(
        f"{model}: neither training without a cure ({counted(compared.plain)}) nor {cures} ({counted(every)}) solved {what}.",
        failed(compared.plain, "without a cure"),
        failed(every, "with a cure"),
        further_rates(compared.trials),
    )


def no_gain(model: str, compared: Compared) -> str:
    """Return the answer for a network that solved at least as many trials without a cure as with any."""
    plain = compared.plain
    if n_solved(plain) == len(plain):
        return joined(f"{model}: no cure is needed here. Without one {outcome(plain)}{rate_and_steps(plain)}.", worse(compared))
    cured = f"with {ranked_best(compared)} {short(compared.cures[compared.best])}"
    return joined(
        f"{model}: no cure solved more trials than training without one. Without one {outcome(plain)}{rate_and_steps(plain)}; {cured}.",
        failed(plain, "without a cure"),
        worse(compared),
        further_rates(compared.trials) if compared.rare else "",
    )


def detail(compared: Compared) -> str:
    """Return the statistics that the answer rests on."""
    plain, cures = compared.plain, compared.cures
    shares = [f"without a cure {share(plain)}"] if len(plain) else []
    test = unsolved = ""
    if cures:
        best = compared.best
        shares.insert(0, f"with {best} {share(cures[best])}")
        test = paired(compared, best) if best in compared.pairs else ""
        unsolved = failed(cures[best], f"with {best}") if n_solved(cures[best]) else ""
    trials = compared.trials
    weak = plain[(plain.diagnosis != "solved") & (plain.cause == "weak")]
    idle = [name for name, mine in cures.items() if (mine.inert != "").all()]
    return joined(
        f"Share solved, with Wilson's 95 % interval: {', '.join(shares)}.",
        test,
        unsolved,
        rates_tried(trials),
        larger_rates(weak) if len(weak) else "",
        "" if compared.rare else further_rates(trials),
        f"{join_names(idle)} never acted." if idle else "",
        f"Run on a part of these tasks and seeds only, and not compared: {join_names(compared.partial)}." if compared.partial else "",
    )


def paired(compared: Compared, best: str) -> str:
    """Return the pairs that the best cure gained and lost, and their test."""
    pairs, n_cures = compared.pairs[best], len(compared.pairs)
    cures = "1 cure" if n_cures == 1 else f"{n_cures} cures"
    counts = f"{'The pair' if len(pairs) == 1 else f'Of {len(pairs)} pairs'} of trials of one seed: {pairs.gained} gained and {pairs.lost} lost with {best}"
    if testable(compared, best):
        return f"{counts}; McNemar's exact p {compared.p[best]:.2g} after Holm's correction for {cures}."
    return f"{counts}; no p could be significant after Holm's correction for {cures}."


def testable(compared: Compared, name: str) -> bool:
    """Return whether the pairs of a cure could be significant at all."""
    return can_be_significant(len(compared.pairs[name]), len(compared.pairs))


def ranked_best(compared: Compared) -> str:
    """Return `relu, the only cure that was tried,` or `relu, the best of 3 cures,`; where others solved as many, `relu, like 2 of the other cures,`."""
    n_cures, n_equals = len(compared.cures), len(compared.equals)
    if n_cures == 1:
        return f"{compared.best}, the only cure that was tried,"
    if n_equals == n_cures - 1:
        return f"{compared.best}, like the other {'cure' if n_equals == 1 else f'{n_equals} cures'},"
    return f"{compared.best}, {'one of the best' if n_equals else 'the best'} of {n_cures} cures,"


def worse(compared: Compared) -> str:
    """Return the cures that do harm as a sentence; empty where none does."""
    names = [f"{name} ({n_solved(compared.cures[name])} of {len(compared.cures[name])})" for name in compared.harmful]
    return f"Worse than training without a cure: {join_names(names)}." if names else ""


def failed(trials: pd.DataFrame, under: str) -> str:
    """Return why trials under something did not solve their task, as a sentence; empty where all did."""
    unsolved = trials[trials.diagnosis != "solved"]
    if unsolved.empty:
        return ""
    event, total = first_event(unsolved), len(unsolved)
    what, n = CAUSES.get(event["cause"], f"had the event {event['cause']}"), event["n_cause"]
    learning = int((unsolved.outcome == "learning").sum())
    if total == 1:
        return f"The unsolved trial {under} {what}{', and was still learning when its steps ended' if learning else ''}."
    every = "Both" if total == 2 else f"All {total}"
    causes = f"{every} unsolved trials {under} {what}" if n == total else f"Of the {total} unsolved trials {under}, {n} {what}"
    still = {0: "", 1: "; 1 was still learning when its steps ended", total: f"; {every.lower().split()[0]} were still learning when their steps ended"}
    return f"{causes}{still.get(learning, f'; {learning} were still learning when their steps ended')}."


def rate_and_steps(trials: pd.DataFrame) -> str:
    """Return how soon half of the trials solved their task, where half did, and the learning rates, as a part of a sentence."""
    steps = half_solved(trials.solved_at)
    by = "" if steps != steps else f", by step {steps:.0f}" if len(trials) == 1 else f", half of the trials by step {steps:.0f}"
    return f"{by}, {at_rates(trials.learning_rate)}"


def at_rates(rates: pd.Series) -> str:
    """`at learning rate 0.2`, or `at learning rates 0.04 to 1`."""
    lowest, highest = f"{rates.min():g}", f"{rates.max():g}"
    return f"at learning rate {lowest}" if lowest == highest else f"at learning rates {lowest} to {highest}"


def rates_tried(trials: pd.DataFrame) -> str:
    """Return the range of the learning rates that were tried as a sentence; empty where none is known.

    An evaluation trial has a chosen rate. That no other rate does better is said only where none of the tuning trials solved the task either.
    """
    if trials.lowest_rate.isna().all():
        return ""
    lowest, highest = f"{trials.lowest_rate.min():g}", f"{trials.highest_rate.max():g}"
    if lowest == highest:
        return f"The only learning rate that was tried is {lowest}."
    never = not n_solved(trials) and (trials.expected_best_of_1 == 0).all()
    return f"Learning rates from {lowest} to {highest} were tried{', and at none of them was a tuning trial solved' if never else ''}."


def larger_rates(weak: pd.DataFrame) -> str:
    """What is to be tried first against a gradient that is weak, and in how many of the conditions of these trials it was."""
    rates = weak[[*KEY_OF_CONDITION, "learning_rate", "highest_rate"]].drop_duplicates()
    not_tried = int((rates.learning_rate >= rates.highest_rate).sum())
    tried = (
        f"none was tried in {of_conditions(not_tried, len(rates))}" if not_tried else f"rates up to {rates.highest_rate.max():g} were tried and were no better"
    )
    return f"Against a weak gradient {FIRST_TO_TRY}; {tried}."


def further_rates(trials: pd.DataFrame) -> str:
    """In how many conditions of these trials the search for a learning rate stopped at its cap, as a sentence; empty where in none."""
    conditions = trials[[*KEY_OF_CONDITION, "search_stopped"]].drop_duplicates()
    stopped = int((conditions.search_stopped == CAP).sum())
    where = of_conditions(stopped, len(conditions)) if stopped else ""
    return f"In {where} the search for a learning rate stopped at its cap, so a further rate may be better there." if stopped else ""


def share(trials: pd.DataFrame) -> str:
    """The share solved of trials, with Wilson's interval."""
    row = success(trials)
    return f"{row['success_rate']:.2f} [{row['success_low']:.2f}, {row['success_high']:.2f}]"


def outcome(trials: pd.DataFrame) -> str:
    """`4 of 15 trials solved their task`, as the beginning or end of a sentence."""
    if len(trials) == 1:
        return "the only trial solved its task" if n_solved(trials) else "the only trial did not solve its task"
    return f"{counted(trials)} solved their task"


def short(trials: pd.DataFrame) -> str:
    """`4 of 15 did`, after a sentence that says what."""
    if len(trials) == 1:
        return "the only trial did" if n_solved(trials) else "the only trial did not"
    return f"{counted(trials).removesuffix(' trials')} did"


def counted(trials: pd.DataFrame) -> str:
    """`4 of 15 trials`, those that solved their task."""
    solved, total = n_solved(trials), len(trials)
    number = "0 of " if not solved and total == 1 else "none of " if not solved else "all " if solved == total > 1 else f"{solved} of "
    return f"{number}{total} trial{'s' if total > 1 else ''}"


def n_solved(trials: pd.DataFrame) -> int:
    """Count the trials that solved their task."""
    return int((trials.diagnosis == "solved").sum())


def join_names(names: Sequence[str], most: int = 3) -> str:
    """`a, b and c`; of more than `most`, the first and how many others."""
    shown = list(names) if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} others"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def joined(*sentences: str) -> str:
    """Return sentences, of which some are empty, as one text."""
    return " ".join(filter(None, sentences))
