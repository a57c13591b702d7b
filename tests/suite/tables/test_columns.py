"""The dictionary of columns against the tables that are written."""

import pytest

from tests.support.tables import benchmark
from unvanish.reports.tables.conditions import conditions
from unvanish.suite.tables import columns, frames
from unvanish.suite.tables.columns import FILES, markdown


@pytest.mark.parametrize("table", ["TRIALS", "CURVES", "PROBES", "GRADIENTS", "REFERENCES"])
def test_every_column_that_is_written_is_explained_in_its_order(table):
    assert list(getattr(columns, table)) == list(getattr(frames, table))


def test_the_table_of_conditions_has_the_columns_that_are_explained():
    assert list(conditions(*benchmark({("adding", 25, "rnn", "none"): ["solved"]}))) == list(columns.CONDITIONS)


def test_the_markdown_has_a_row_for_every_column_of_every_file():
    sections = markdown().split("\n## ")[1:]
    assert len(sections) == len(FILES)
    for section, (files, (_, expected)) in zip(sections, FILES.items(), strict=True):
        lines = section.strip().split("\n")
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")][1:]
        assert lines[0] == files and [row[0] for row in rows] == list(expected)
        assert all(len(row) == 3 and row[2] for row in rows)
