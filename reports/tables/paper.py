"""What a paper takes from a benchmark: the paragraph of its methods, the table of conditions in LaTeX and Markdown, and the entry of its bibliography."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from unvanish.reports.markdown import literal
from unvanish.reports.tables.failures import solved_of
from unvanish.suite.experiment.plan_record import PlanRecord

CAPTION = (
    "Evaluation trials that solved their task, of those that were run to their end, by network, mitigation, task and lag (in parentheses). "
    "A dash stands for what was not run or has no meaning; a trial that diverged is one that did not solve its task."
)


def methods(plan: PlanRecord) -> str:
    """Return how the trials were trained and compared, from the plan alone."""
    profile = plan.profile
    grid = profile.learning_rates
    further = f", and further ones, up to {grid.limit}, where the best of them is at an edge or none leaves the baseline" if grid.limit > grid.count else ""
    matched = " for the network with the most parameters, and for every other one as many as bring it closest to these" if profile.match == "parameters" else ""
    recorded = (
        "; of recorded data the whole test split where it has fewer, each sequence once, while training draws from the training split with replacement"
        if any(entry.parameters.get("facts") for entry in plan.tasks)
        else ""
    )
    tuning, evaluation = number(len(profile.tuning_seeds), "tuning seed"), number(len(profile.evaluation_seeds), "evaluation seed")
    return (
        "Every condition, which is a task, a lag, a network and a mitigation, has the same budget: "
        f"{number(grid.count, 'learning rate')} a factor {grid.ratio:g} apart on {tuning}{further}. "
        "The one at which most of these solve the task, or of equals the one with the lowest validation loss, "
        f"is trained again on {evaluation} that tuning never saw. "
        f"A trial has {profile.steps} steps of {profile.batch_size} fresh sequences unless a task says otherwise, "
        f"and {profile.hidden_size} hidden units{matched}. "
        "Trials with one seed see the same sequences, so that conditions are compared in pairs. "
        f"Figures are of the test set ({profile.test_sequences} sequences{recorded}). "
        "Intervals of shares are Wilson's at 95 %. "
        "Cures are compared with training without one by McNemar's exact test on pairs, corrected by Holm's procedure."
    )


def number(n: int, thing: str) -> str:
    """`1 seed`, `3 seeds`."""
    return f"{n} {thing}{'s' if n != 1 else ''}"


def bibtex(plan: PlanRecord, context: Mapping[str, str]) -> str:
    """Return the entry of a bibliography, with the version, the profile and, where they are known, the commit and the year."""
    commit = f", commit {context['git_commit'][:12]}" if context.get("git_commit") else ""
    fields = {
        "title": "unvanish: which cure for vanishing and exploding gradients works for which recurrent network at which lag",
        "author": "{The unvanish authors}",
        "note": f"version {context.get('unvanish', 'unknown')}, profile {escaped(plan.profile.name)}{commit}",
        **({"year": context["date"][:4]} if context.get("date") else {}),
    }
    width = max(map(len, fields))
    return "@misc{unvanish,\n" + "".join(f"  {name:<{width}} = {{{text}}},\n" for name, text in fields.items()) + "}\n"


def table(conditions: pd.DataFrame) -> pd.DataFrame:
    """Return the table of conditions as a paper has it: a row a network and mitigation, a column a task and lag, in each cell the solved of the run."""
    run = conditions[conditions.n_trials + conditions.n_failed > 0]
    cells = run.assign(
        cell=[solved_of(row.n_solved, row.n_trials, row.n_failed) for row in run.itertuples()],
        problem=[f"{row.task} ({row.lag})" for row in run.itertuples()],
    )
    columns = list(dict.fromkeys(cells.problem))
    rows = cells.pivot(index=["model", "mitigation"], columns="problem", values="cell").fillna("-")
    order = list(dict.fromkeys(zip(cells.model, cells.mitigation, strict=True)))
    return rows.reindex(index=pd.MultiIndex.from_tuples(order, names=["network", "mitigation"]), columns=columns).rename_axis(columns=None)


def latex(conditions: pd.DataFrame) -> str:
    """Return `table` in LaTeX, for the package booktabs."""
    rows = table(conditions).reset_index()
    if rows.empty:
        return "% No condition has been run yet.\n"
    style = rows.style.hide(axis="index").format(escape="latex").format_index(escape="latex", axis="columns")
    return style.to_latex(hrules=True, column_format="ll" + "r" * (rows.shape[1] - 2), caption=CAPTION, label="tab:unvanish", position_float="centering")


def markdown(conditions: pd.DataFrame) -> str:
    """Return `table` in Markdown."""
    rows = table(conditions).reset_index()
    if rows.empty:
        return "No condition has been run yet.\n"
    lines = [list(rows.columns), ["---", "---", *["---:"] * (rows.shape[1] - 2)], *rows.to_numpy().tolist()]
    head, rule, *body = [" | ".join(line if index == 1 else map(literal, line)) for index, line in enumerate(lines)]
    return "\n".join(f"| {line} |" for line in [head, rule, *body]) + f"\n\n{CAPTION}\n"


def escaped(text: str) -> str:
    """Return a text as BibTeX takes it, with what LaTeX would read as a command escaped."""
    return "".join("\\" + letter if letter in "&%$#_{}" else letter for letter in text if letter not in "\\~^")
