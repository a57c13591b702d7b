"""What a paper takes from a benchmark, from tables written down by hand."""

import re

import pandas as pd

from tests.support.tables import benchmark
from unvanish.reports.tables.conditions import conditions
from unvanish.reports.tables.paper import bibtex, latex, markdown, methods, table

CELLS = {
    ("first_symbol", 5, "rnn", "none"): ["solved"] * 3 + ["exploded"] * 2,
    ("first_symbol", 25, "rnn", "none"): ["vanished"] * 5,
    ("first_symbol", 5, "rnn", "gradient_clipping"): ["solved"] * 4 + ["failed"],
    ("first_symbol", 25, "rnn", "gradient_clipping"): None,
}


def made():
    plan, trials = benchmark(CELLS)
    return plan, conditions(plan, trials)


def test_the_table_has_a_cell_for_what_was_run_and_a_dash_for_what_was_not():
    rows = table(made()[1])
    assert rows.loc[("rnn", "none")].to_dict() == {"first_symbol (5)": "3/5", "first_symbol (25)": "0/5"}
    assert rows.loc[("rnn", "gradient_clipping")].to_dict() == {"first_symbol (5)": "4/4, 1 failed", "first_symbol (25)": "-"}


def test_latex_and_markdown_have_the_cells_of_the_table():
    rows = table(made()[1]).reset_index()
    text = latex(made()[1])
    body = re.search(r"\\midrule\n(.*?)\\bottomrule", text, flags=re.DOTALL)[1]
    assert [[cell.strip().replace("\\_", "_") for cell in line.removesuffix(" \\\\").split("&")] for line in body.splitlines()] == rows.to_numpy().tolist()
    assert not re.search(r"(?<!\\)_", body) and "first\\_symbol (25)" in text
    lines = [line.strip("| ").split(" | ") for line in markdown(made()[1]).splitlines() if line.startswith("|")]
    assert [[cell.replace("\\", "") for cell in line] for line in [lines[0], *lines[2:]]] == [list(rows.columns), *rows.to_numpy().tolist()]


def test_where_nothing_was_run_there_is_no_table():
    plan, trials = benchmark({("adding", 5, "rnn", "none"): None})
    assert latex(conditions(plan, trials)).startswith("% No condition") and markdown(conditions(plan, trials)).startswith("No condition")


def test_methods_say_the_budget_of_the_plan():
    text = methods(made()[0])
    for part in (
        "3 learning rates a factor 5 apart on 2 tuning seeds",
        "2 evaluation seeds",
        "1000 steps of 4 fresh sequences",
        "8 hidden units",
        "(20 sequences)",
    ):
        assert part in text
    assert "recorded" not in text


def test_the_entry_names_version_profile_commit_and_year_where_they_are_known():
    plan = made()[0]
    entry = bibtex(plan, {"unvanish": "0.2.0", "git_commit": "0123456789abcdef", "date": "2026-12-01"})
    fields = dict(re.findall(r"^  (\w+) += \{(.*)\},$", entry, flags=re.MULTILINE))
    assert fields["note"] == "version 0.2.0, profile made up, commit 0123456789ab" and fields["year"] == "2026" and entry.count("{") == entry.count("}")
    assert "year" not in bibtex(plan, {}) and "commit" not in bibtex(plan, {})
    odd = plan.model_copy(update={"profile": plan.profile.model_copy(update={"name": "a_b & {c"})})
    assert r"profile a\_b \& \{c" in bibtex(odd, {})


def test_conditions_without_any_row_are_no_error():
    assert table(pd.DataFrame(columns=["model", "mitigation", "task", "lag", "n_solved", "n_trials", "n_failed"])).empty
