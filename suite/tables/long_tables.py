"""The tables of curves, probes and gradients as Parquet files, of which only the rows that are asked for are loaded: all together do not fit into memory."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from unvanish.suite.tables.schema import CURVES, GRADIENTS, PROBES, Table, empty, typed

LONG_TABLES: dict[str, Table] = {"curves": CURVES, "probes": PROBES, "gradients": GRADIENTS}
ROWS_PER_GROUP = 2**16  # that are written at once; what is not asked for is left out by the group


@dataclass(frozen=True, eq=False)
class Part:
    """The rows of evaluation trials on some problems, a task and lag each, with some mitigations."""

    problems: Collection[tuple[str, int]]
    mitigations: Collection[str]

    @property
    def expression(self) -> pc.Expression:
        """A filter of Parquet files."""
        by_task: dict[str, list[int]] = {}
        for task, lag in self.problems:
            by_task.setdefault(task, []).append(lag)
        here = pc.scalar(False)
        for task, lags in by_task.items():
            here |= (pc.field("task") == task) & pc.field("lag").isin(lags)
        return here & pc.field("mitigation").isin(list(self.mitigations)) & (pc.field("phase") == "evaluate")


class Folder:
    """A new folder, which is removed with the last reference to this."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="unvanish-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(frozen=True, eq=False)
class LongTables:
    """The three tables in a folder of their own.

    shown   names of models in place of those in the files
    """

    folder: Folder = field(repr=False)
    shown: Mapping[str, str] = field(default_factory=dict)

    def file(self, name: str) -> Path:
        """The file with all rows of a table, by its name in `LONG_TABLES`."""
        return self.folder.path / f"{name}.parquet"

    def rows(self, name: str, part: Part | None = None) -> pd.DataFrame:
        """The rows of a table, of a part where one is given."""
        found = pq.read_table(self.file(name), filters=None if part is None else part.expression, use_threads=False)
        frame = typed(found.to_pandas(), LONG_TABLES[name])
        return frame.assign(model=frame.model.map(lambda model: self.shown.get(model, model))) if self.shown else frame

    def with_shown_models(self, shown: Mapping[str, str]) -> LongTables:
        """The same tables with other names of models."""
        return replace(self, shown=shown)


class LongTablesWriter:
    """Write the rows of trial after trial; `write_long_tables` opens and closes it."""

    def __init__(self, tables: LongTables, files: ExitStack) -> None:
        self.schemas = {name: pa.Schema.from_pandas(empty(columns), preserve_index=False) for name, columns in LONG_TABLES.items()}
        self.files = {name: files.enter_context(pq.ParquetWriter(tables.file(name), schema)) for name, schema in self.schemas.items()}
        self.waiting: dict[str, list[pa.Table]] = {name: [] for name in LONG_TABLES}

    def add(self, tables: Mapping[str, pa.Table]) -> None:
        """Add rows to each table; columns that it does not have are left out."""
        for name, waiting in self.waiting.items():
            rows = tables[name].select(list(LONG_TABLES[name]))
            waiting.append(rows.replace_schema_metadata(None).cast(self.schemas[name].remove_metadata()))
            if sum(map(len, waiting)) >= ROWS_PER_GROUP:
                self.flush(name)

    def flush(self, name: str) -> None:
        """Write the rows of a table that are waiting."""
        waiting = self.waiting[name]
        if waiting:
            self.files[name].write_table(pa.concat_tables(waiting).replace_schema_metadata(self.schemas[name].metadata))
            waiting.clear()


@contextmanager
def write_long_tables() -> Iterator[tuple[LongTables, LongTablesWriter]]:
    """Tables in a new folder, and what writes them; they can be read after the block."""
    tables = LongTables(Folder())
    with ExitStack() as files:
        writer = LongTablesWriter(tables, files)
        yield tables, writer
        for name in LONG_TABLES:
            writer.flush(name)


def long_tables(**frames: pd.DataFrame) -> LongTables:
    """The tables of these frames, empty where none is given."""
    with write_long_tables() as (tables, writer):
        given = {name: frames.get(name, empty(columns)) for name, columns in LONG_TABLES.items()}
        writer.add({name: pa.Table.from_pandas(typed(frame, LONG_TABLES[name]), preserve_index=False) for name, frame in given.items()})
    return tables
