"""The part of a benchmark that its page shows in detail, so that the page of any benchmark can be opened; figures of the whole stay those of the whole."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property

import pandas as pd

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.tables.conditions import NOT_APPLICABLE
from unvanish.suite.experiment.roles import POOLED, is_control_mitigation
from unvanish.suite.tables.long_tables import Part

MAX_CONDITIONS = 870  # on a page, with some 6 kB each; what is not applicable is not counted
PROBLEM = ["task", "lag"]


@dataclass(frozen=True, eq=False)
class Excerpt(Benchmark):
    """A benchmark whose tables have the rows of `part` alone; what was computed from all trials, as intervals, tests and means, was so from all of `whole`."""

    whole: Benchmark = field(kw_only=True, repr=False)
    part: Part = field(kw_only=True, repr=False)

    @property
    def n_left_out(self) -> int:
        """The number of planned conditions that are not in it."""
        return len(self.whole.conditions) - len(self.conditions)

    @cached_property
    def conditions(self) -> pd.DataFrame:
        """Those of the part."""
        return self.chosen(self.whole.conditions)

    @cached_property
    def overall(self) -> pd.DataFrame:
        """Those with mitigations of the part."""
        return self.with_chosen_mitigations(self.whole.overall)

    @cached_property
    def horizons(self) -> pd.DataFrame:
        """Those with mitigations of the part."""
        return self.with_chosen_mitigations(self.whole.horizons)

    @cached_property
    def longest_lags(self) -> pd.DataFrame:
        """Those with mitigations of the part."""
        return self.with_chosen_mitigations(self.whole.longest_lags)

    @cached_property
    def claims(self) -> pd.DataFrame:
        """Those of the whole."""
        return self.whole.claims

    @cached_property
    def truncation_vs_frozen(self) -> pd.DataFrame:
        """That of the whole."""
        return self.whole.truncation_vs_frozen

    @cached_property
    def curves(self) -> pd.DataFrame:
        """Of evaluation trials of the part."""
        return self.long_tables.rows("curves", self.part)

    @cached_property
    def probes(self) -> pd.DataFrame:
        """Of evaluation trials of the part."""
        return self.long_tables.rows("probes", self.part)

    @cached_property
    def gradients(self) -> pd.DataFrame:
        """Of evaluation trials of the part."""
        return self.long_tables.rows("gradients", self.part)

    def chosen(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of the part in a table that has a row a condition or trial."""
        return chosen(table, self.part)

    def with_chosen_mitigations(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of a table over several problems."""
        return table[table.mitigation.isin([*self.part.mitigations, POOLED])].reset_index(drop=True)


def excerpt(data: Benchmark) -> Excerpt:
    """The part of a benchmark that its page shows: all of it up to `MAX_CONDITIONS` conditions.

    Of more, each task is shown at its longest lags, as many as there is room for, one of each task after the other. Where not even the longest lag of each
    task has room for every mitigation, controls and training without one are shown, and those that solved the most trials there.
    """
    part = part_to_show(data)
    values = {entry.name: getattr(data, entry.name) for entry in fields(Benchmark)}
    return Excerpt(**values | {"trials": chosen(data.trials, part)}, whole=data, part=part)


def part_to_show(data: Benchmark) -> Part:
    """The problems and mitigations of the conditions that are shown."""
    conditions = data.conditions
    mitigations = list(dict.fromkeys(conditions.mitigation))
    problems = list(conditions.groupby(PROBLEM, sort=False).groups)
    applicable = conditions[conditions.state != NOT_APPLICABLE]
    if len(applicable) <= MAX_CONDITIONS:
        return Part(problems, mitigations)
    sizes = applicable.groupby(PROBLEM).size()
    from_longest = sorted(problems, key=lambda problem: -problem[1])
    rank = {problem: [other for other in from_longest if other[0] == problem[0]].index(problem) for problem in problems}
    in_turn = sorted(problems, key=lambda problem: rank[problem])  # the longest lag of each task, then the second longest
    first = [problem for problem in in_turn if not rank[problem]]
    longest = applicable[[problem in first for problem in zip(applicable.task, applicable.lag, strict=True)]]
    if len(longest) > MAX_CONDITIONS:
        return Part(first, best_mitigations(longest))
    shown, room = [], MAX_CONDITIONS
    for problem in in_turn:
        room -= int(sizes.get(problem, 0))
        if room < 0:
            break
        shown.append(problem)
    return Part([problem for problem in problems if problem in shown], mitigations)


def best_mitigations(conditions: pd.DataFrame) -> list[str]:
    """The mitigations of these conditions that have room together: controls and training without any first, then by the share of trials solved."""
    sums = conditions.groupby("mitigation", sort=False).agg(n_solved=("n_solved", "sum"), n_trials=("n_trials", "sum"), size=("task", "size"))
    kept = [name == "none" or is_control_mitigation(name) for name in sums.index]
    order = sums.assign(cure=[not keep for keep in kept], rate=-(sums.n_solved / sums.n_trials)).sort_values(["cure", "rate"], kind="stable")
    fits = order["size"].cumsum() <= MAX_CONDITIONS
    names = set(order.index[fits])
    return [name for name in sums.index if name in names]


def chosen(table: pd.DataFrame, part: Part) -> pd.DataFrame:
    """The rows of a part in a table that has a row a condition or trial."""
    of_problems = pd.MultiIndex.from_frame(table[PROBLEM]).isin(list(part.problems))
    return table[of_problems & table.mitigation.isin(list(part.mitigations)).to_numpy()].reset_index(drop=True)
