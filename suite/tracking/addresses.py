"""Addresses of stores: those of a server or a database, and that of a database file, whatever characters its path has."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote, urlparse

import sqlalchemy

from unvanish.suite.redaction import redact
from unvanish.tasks.errors import UsageError

MAX_PATH = 480  # bytes: SQLite takes 512, with what it adds to a name, and what a database is called while it is created


def default_uri(output: Path) -> str:
    """MLFLOW_TRACKING_URI where it is set, otherwise SQLite in the output folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or database_uri(output / "mlflow.db")


def database_uri(path: Path) -> str:
    """Return the address of a database file, as SQLAlchemy and MLflow read it; raises `UsageError` for a name that is not Unicode or too long.

    With a driver in it where characters are quoted: MLflow creates the folder of an address that begins with `sqlite:///`, as it is written.
    """
    name = str(path.parent.resolve() / path.name)
    try:
        quoted = "".join(quote(character) if character in "%?#" or not character.isprintable() else character for character in name)
    except UnicodeEncodeError:
        raise UsageError(f"the name of the folder {str(path.parent)!a} is not Unicode; give another one") from None
    if (length := len(os.fsencode(name))) > MAX_PATH:
        raise UsageError(f"the path of the database {path.name} is {length} bytes long, more than the {MAX_PATH} that SQLite takes; give a shorter folder")
    return f"{'sqlite' if quoted == name else 'sqlite+pysqlite'}:///{quoted}"


def database_file(uri: str) -> Path | None:
    """Return the file of an SQLite address, absolute; None for any other. Raises `UsageError` for an SQLite database that is not a plain file."""
    try:
        url = sqlalchemy.make_url(uri)
    except sqlalchemy.exc.ArgumentError:
        return None
    if url.get_backend_name() != "sqlite":
        return None
    if not url.database or url.database.startswith((":", "file:")):
        raise UsageError(f"the tracking address {redact(uri)} is not that of a file; give sqlite:/// and the path of a database")
    return Path(url.database).absolute()


def is_server(uri: str) -> bool:
    """Return whether an address is that of an MLflow server, not of a database."""
    return urlparse(uri).scheme in ("http", "https")
