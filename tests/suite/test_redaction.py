"""Nothing that is written, tracked or printed holds a password."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy

from tests.support.serving import mlflow_server
from unvanish.suite.redaction import redact

UNVANISH = str(Path(sys.executable).parent / "unvanish")
USER, PASSWORD = "anne.user", "hunter2/x@y#z"
QUOTED = "hunter2%2Fx%40y%23z"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://anne:pw@host:5000/path", "http://***@host:5000/path"),
        ("http://token@host", "http://***@host"),
        ("postgresql://anne:p@ss/w#o?rd@host/db", "postgresql://***@host/db"),
        ("postgresql+psycopg2://anne:my pass@host/db", "postgresql+psycopg2://***@host/db"),
        ("unvanish run --tracking-uri=https://a:b@h --scheduler tls://c:d@e:8786", "unvanish run --tracking-uri=https://***@h --scheduler tls://***@e:8786"),
        ("cannot connect to proxy (http://a:b@proxy:3128) for http://host", "cannot connect to proxy (http://***@proxy:3128) for http://host"),
        ("https://host/p?access_token=abc&x=1&api_key=d&Password=e;sig=f", "https://host/p?access_token=***&x=1&api_key=***&Password=***;sig=***"),
        ("mssql://host/db?user=a&pwd=b", "mssql://host/db?user=***&pwd=***"),
        ("sqlite:////home/anne/results/mlflow.db", "sqlite:////home/anne/results/mlflow.db"),
        ("mail anne@example.org about http://host/", "mail anne@example.org about http://host/"),
    ],
)
def test_users_passwords_and_tokens_of_addresses_are_hidden(text, shown):
    assert redact(text) == shown
    assert redact(shown) == shown


def test_what_a_library_says_of_an_address_is_hidden_too():
    said = "invalid address 'anne:p%40ss@host'; password p@ss of user anne refused"
    assert redact(said, "tcp://anne:p%40ss@host") == "invalid address '***@host'; password *** of user *** refused"


@pytest.mark.parametrize("password", ["pw", "p@ss", "a:b", "a/b#c?d", "a b", "100%", "\u00fc\u00f6", "***"])
def test_all_that_sqlalchemy_hides_is_hidden_and_the_user_too(password):
    address = sqlalchemy.URL.create("postgresql+psycopg2", "anne", password, "host", 5432, "db").render_as_string(hide_password=False)
    hidden = sqlalchemy.make_url(address).render_as_string(hide_password=True)
    assert redact(address) == hidden.replace("anne:", "")
    said = f"connection to {address} failed: no password {password} of anne"
    assert redact(said, address) == f"connection to {redact(address)} failed: no password *** of ***"


def test_a_password_that_is_a_parameter_of_an_address_is_hidden_where_it_stands_alone():
    address = "postgresql://host/db?user=anne&password=p%40ss&connect_timeout=3"
    assert redact("password p@ss of user anne is wrong (connect_timeout 3)", address) == "password *** of user *** is wrong (connect_timeout 3)"


def holding(secrets, folder):
    """Files that hold one of these words, in their bytes or, where those are packed, in their tables."""
    found = []
    for path in filter(Path.is_file, folder.rglob("*")):
        content = path.read_bytes() + (pd.read_parquet(path).to_csv().encode() if path.suffix == ".parquet" else b"")
        found += [(path.name, secret) for secret in secrets if secret.encode() in content]
    return found


@pytest.mark.slow
def test_a_password_in_the_tracking_address_is_in_no_file_no_tag_and_no_stream(tmp_path):
    """The server keeps all of its own, tags and artifacts included, in files too."""
    secrets = (USER, "hunter2")
    (tmp_path / "server").mkdir()
    with mlflow_server(tmp_path / "server") as address:
        given = address.replace("://", f"://{USER}:{QUOTED}@")
        run = ["run", "smoke", "--select", "task=first_symbol,model=feedforward,mitigation=none"]
        streams = []
        for command, options, environment in [
            (run, [f"--tracking-uri={given}"], {}),
            (["ui"], ["--tracking-uri", given], {}),
            (["export", "nothing", "x.keras"], ["--tracking-uri", given], {}),
            (["report"], ["--tracking-uri", given], {}),
            ([*run, "--fresh"], [], {"MLFLOW_TRACKING_URI": given}),
        ]:
            done = subprocess.run(
                [UNVANISH, *command, "--output", str(tmp_path / f"out {len(streams)}"), *options],
                capture_output=True,
                text=True,
                timeout=200,
                check=False,
                env={**os.environ, **environment},
            )
            assert done.returncode == (2 if command[0] == "export" else 0), done.stderr
            streams += [done.stdout, done.stderr]
    assert any("***@127.0.0.1" in stream for stream in streams)
    assert not [secret for stream in streams for secret in secrets if secret in stream]
    assert len(list((tmp_path / "server").rglob("*"))) > 10
    assert holding(secrets, tmp_path) == []
    assert "***@127.0.0.1" in (tmp_path / "out 0" / "report.html").read_text()


@pytest.mark.parametrize(
    "options",
    [
        ["--tracking-uri", f"http://{USER}:{QUOTED}@127.0.0.1:9"],
        ["--tracking-uri", f"postgresql://{USER}:{PASSWORD}@127.0.0.1:9/db"],
        ["--tracking-uri", f"nonsense://{USER}:{PASSWORD}@host"],
        ["--scheduler", f"tcp://{USER}:{QUOTED}@127.0.0.1:9"],
        ["--scheduler", f"nonsense://{USER}:{PASSWORD}@host"],
    ],
)
@pytest.mark.slow
def test_a_mistake_in_an_address_does_not_print_its_password(tmp_path, options):
    done = subprocess.run([UNVANISH, "run", "smoke", "--output", str(tmp_path / "out"), *options], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2 and "***@" in done.stderr and "Traceback" not in done.stderr
    assert not [secret for secret in (USER, "hunter2") if secret in done.stdout + done.stderr]


def test_a_mistake_of_this_program_does_not_print_a_password(tmp_path):
    code = (
        "import sys, unvanish.suite.cli.list\n"
        f"def fail(kind): raise RuntimeError('no answer from http://{USER}:{QUOTED}@host')\n"
        "unvanish.suite.cli.list.entries = fail\n"
        "from unvanish.suite.cli import main; sys.argv = ['unvanish', 'list']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "RuntimeError: no answer from http://***@host" in done.stderr and USER not in done.stderr
