"""The schema against the tables that are written: the same columns in the same order, each with its type and explained."""

import pytest

from tests.support.benchmarks import half_run
from tests.support.tables import benchmark
from unvanish.reports.tables.conditions import conditions
from unvanish.suite.tables import schema
from unvanish.suite.tables.schema import FILES, markdown


@pytest.mark.parametrize("table", ["TRIALS", "CURVES", "PROBES", "GRADIENTS", "REFERENCES", "CONDITIONS"])
def test_what_is_written_has_the_columns_of_the_schema_in_their_order_and_types(table):
    """A benchmark of trials that solved, exploded, failed and were not run."""
    written = getattr(half_run(), table.lower())
    assert len(written) and {name: str(dtype) for name, dtype in written.dtypes.items()} == {name: c.dtype for name, c in getattr(schema, table).items()}


def test_conditions_have_the_same_types_where_all_trials_solved_their_task():
    table = conditions(*benchmark({("adding", 25, "rnn", "none"): ["solved"]}))
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == {name: column.dtype for name, column in schema.CONDITIONS.items()}


def test_the_markdown_has_a_row_for_every_column_of_every_file():
    sections = markdown().split("\n## ")[1:]
    assert len(sections) == len(FILES)
    for section, (files, (_, expected)) in zip(sections, FILES.items(), strict=True):
        lines = section.strip().split("\n")
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")][1:]
        assert lines[0] == files and [row[0] for row in rows] == list(expected)
        assert all(len(row) == 3 and row[2] for row in rows)
