"""What README, CONTRIBUTING and docs name exists: commands with these options, files, links; and what is cheap to run is run."""

import re

import pytest
from typer.main import get_command

from tests.support.markdown import PAGES, README, ROOT, Page
from unvanish.reports.pages.sections import all_sections
from unvanish.suite.cli import app

COMMANDS = get_command(app).commands
MAKEFILE = (ROOT / "Makefile").read_text()
FILE = re.compile(r"(suite|tasks|reports|tests|docs)(/[\w./-]*)?|unvanish/\w+\.py")  # unvanish/trials is an experiment in MLflow
QUICK_TO_RUN = ("list", "show", "plan")  # `explain` is run by tests/suite/cli/test_explain.py
NAMED = {" ".join(words): words for page in PAGES for words in page.commands}
RUN_HERE = sorted(
    {
        tuple(words[1:])
        for page in PAGES
        for words in page.commands
        if words[0] == "unvanish" and words[1] in QUICK_TO_RUN and not {"results", "gym.toml"} & set(words)
    }
)


def by_name(page: Page) -> str:
    return page.name


def check(words: list[str]) -> None:
    """Raise where a command does not exist, or does not take these arguments."""
    program, name, *arguments = words
    if program == "make":
        assert f"\n{name}: " in MAKEFILE, f"the Makefile has no target {name}"
        assert all(f"$({argument.partition('=')[0]})" in MAKEFILE for argument in arguments)
    elif program == "python":
        assert (ROOT / (arguments[0].replace(".", "/") + ".py" if name == "-m" else name)).exists()
    elif not name.startswith("-"):
        options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
        assert {word for word in arguments if word.startswith("--")} <= options
        without_plugins = re.sub(r"--plugin \S+", "", " ".join(arguments)).split()  # whose file is the reader's
        if without_plugins:
            COMMANDS[name].make_context(name, without_plugins)  # raises what the command line would print


def test_commands_are_found_in_blocks_and_in_text():
    assert {"make bench", "unvanish --help"} <= {" ".join(words) for words in README.commands}
    assert len(NAMED) > 40


@pytest.mark.parametrize("command", NAMED)
def test_a_command_exists_with_its_options(command):
    check(NAMED[command])


@pytest.mark.parametrize("words", [["make", "benches"], ["unvanish", "plan", "quick", "--seeds", "3"], ["unvanish", "show", "adding", "--lag", "long"]])
def test_a_command_that_does_not_exist_is_found_out(words):
    with pytest.raises(Exception, match=r"no target benches|--seeds|valid integer"):
        check(words)


@pytest.mark.parametrize("words", RUN_HERE, ids=" ".join)
def test_a_command_that_takes_seconds_runs(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("unvanish.suite.execution.forecast.speed", lambda: None)
    assert not app(list(words), standalone_mode=False)
    assert capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_links_lead_somewhere(page):
    for path, anchor in page.links:
        target = (page.path.parent / path).resolve() if path else page.path
        assert target.exists(), path
        assert not anchor or anchor in Page(target).anchors, f"{path}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_files_that_are_named_exist(page):
    for code in page.inline:
        path = code.partition("NAME")[0]
        assert not FILE.fullmatch(path) or (ROOT / path).exists(), code


def test_sections_of_the_report_that_are_named_exist():
    titles = [section.title for section in all_sections()]
    named = {" ".join(name.split()) for page in PAGES if page.path.stem != "mlflow" for name in re.findall(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)", page.prose)}
    assert len(named) > 3
    assert {name for name in named if not any(title.startswith(name) for title in titles)} == set()
