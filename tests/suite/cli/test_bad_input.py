"""Whatever is given ends in a plan or in one printable line, within a bound of memory."""

import json
import os
import platform
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.support.bad_profiles import BIDI, ESCAPE, HOSTILE_PROFILES, LONG, NESTED, SMOKE, other_files, profile_text, profiles, selections
from tests.support.commands import unvanish
from unvanish.suite.cli import MAX_LINE
from unvanish.suite.experiment.plan import load_plan, make_plan, select
from unvanish.suite.experiment.profile import load
from unvanish.tasks.errors import UsageError

MEMORY = 2 << 30  # bytes beyond what the process has already
fuzz = settings(max_examples=60, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
ACCEPTED = {
    *("markup in the name", "markup in the description", "escape codes in the description", "700 rates close to each other"),
    "a Keras model by parameters",
}


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Let this process have no more memory than a plan may need."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder to write profiles to, and a remembered speed of this machine, so that a plan measures none."""
    path = tmp_path_factory.mktemp("input")
    speed = path / "unvanish" / f"speed-{platform.node() or 'here'}.json"
    speed.parent.mkdir()
    speed.write_text(json.dumps({"per_cost": 0.0, "per_cohort": 3.0, "source": "a made-up benchmark"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(path))
        yield path


@pytest.fixture(scope="module")
def smoke():
    return make_plan(load("smoke"))


def check_line(line):
    """Hold a message against what a terminal can show."""
    assert line.isprintable() and len(line) <= MAX_LINE + len("unvanish: ")


def check_command(*arguments, cwd=None):
    """Call a command; return its exit status, once what it printed is known to be harmless."""
    with bounded_memory():
        done = unvanish(*arguments, cwd=cwd)
    assert "Traceback" not in done.stderr
    assert all(character.isprintable() or character == "\n" for character in done.stdout)
    if done.returncode:
        assert done.returncode == 2 and done.stderr.startswith("unvanish: ") and done.stderr.endswith("\n")
        check_line(done.stderr[:-1])
    return done.returncode


def written(folder, text):
    path = folder / "mine.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return str(path)


@pytest.mark.parametrize("name", HOSTILE_PROFILES)
def test_a_profile_that_did_harm_is_planned_or_refused_in_one_line(folder, name):
    assert check_command("plan", written(folder, HOSTILE_PROFILES[name])) == (0 if name in ACCEPTED else 2)


@fuzz
@given(profiles)
def test_any_profile_is_planned_or_refused_in_one_line(folder, text):
    with bounded_memory():
        try:
            plan = load_plan(written(folder, text))
        except UsageError as error:
            check_line(str(error))
        else:
            assert plan.cohorts and json.loads(plan.record().model_dump_json())


@fuzz
@given(selections)
def test_any_selection_chooses_conditions_or_is_refused_in_one_line(smoke, given):
    try:
        chosen = select(smoke, given)
    except UsageError as error:
        check_line(str(error))
    else:
        assert 0 < len(chosen.conditions) <= len(smoke.conditions)


def test_what_is_no_profile_is_refused_in_one_line(tmp_path):
    for path in other_files(tmp_path).values():
        assert check_command("plan", path) == check_command("plan", "smoke", "--plugin", path) == check_command("check", path) == 2


ARGUMENTS = ("", "[/]", "a\nb", "a/b", "nan", "1" * 200, ESCAPE, BIDI, NESTED[-1], LONG)
COMMANDS = {
    "show": ("show", "{}"),
    "lag": ("show", "adding", "--lag", "{}"),
    "list": ("list", "{}"),
    "plan": ("plan", "{}"),
    "plugin": ("plan", "smoke", "--plugin", "{}"),
    "check": ("check", "{}"),
    "new": ("new", "task", "{}"),
    "kind": ("new", "{}", "mine.py"),
    "select": ("run", "smoke", "--output", "out", "--select", "{}"),
    "workers": ("run", "smoke", "--output", "out", "--workers", "{}"),
    "timeout": ("run", "smoke", "--output", "out", "--cohort-timeout", "{}"),
    "scheduler and workers": ("run", "{}", "--scheduler", "{}", "--workers", "2"),
    "tracking address": ("report", "--tracking-uri", "{}"),
    "figures": ("report", "--output", "nowhere", "--figures", "{}"),
    "compare": ("compare", "{}", "{}"),
    "ui": ("ui", "--port", "{}"),
    "model to diagnose": ("diagnose", "{}", "data.npz"),
    "data to diagnose": ("diagnose", "model.keras", "{}"),
    "export": ("export", "{}", "a.keras"),
    "explain": ("explain", "--seed", "{}"),
    "split": ("validate", "--split", "{}"),
    "command": ("{}",),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_any_argument_is_refused_in_one_line(tmp_path, command):
    for text in ARGUMENTS:
        assert check_command(*(word.replace("{}", text) for word in COMMANDS[command]), cwd=tmp_path) == 2, text
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("option", ["--select", "--output", "--tracking-uri", "--scheduler", "--plugin"])
def test_an_empty_option_is_refused_and_writes_nothing(tmp_path, option):
    for words in ([option, ""], [f"{option}="]):
        done = unvanish("run", "smoke", *words, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (2, f"unvanish: {option} is empty; give a value, or leave it out\n")
    assert not list(tmp_path.iterdir())


def test_a_name_with_markup_is_printed_as_it_is(folder):
    done = unvanish("plan", written(folder, profile_text([(("name",), "[/] [red]:smile:")])))
    assert done.returncode == 0 and done.stdout.startswith("[/] [red]:smile:: every task")


def test_escape_codes_are_shown_and_a_long_value_is_shortened(folder):
    done = unvanish("plan", written(folder, profile_text([(("description",), ESCAPE + BIDI)])))
    assert r"\x1b[31mred\x1b]0;title\x07a\u202egnp.exe" in done.stdout.replace("\n", "")
    with pytest.raises(UsageError) as error:
        load(written(folder, profile_text([(("hidden_size",), LONG)])))
    assert str(error.value).count("x") < 100 and "..." in str(error.value)


def test_what_could_be_trained_somewhere_is_planned(folder):
    """4,096 units, lags of 10,000 and 100,000 trials."""
    large = [(("hidden_size",), 4096), (("task", 0, "lags"), [10_000]), (("task", 1, "lags"), [10_000]), (("evaluation_seeds",), list(range(100, 930)))]
    plan = load_plan(written(folder, profile_text(large)))
    assert plan.record().counts.most_trials > 90_000 and plan.profile.hidden_size == 4096


def test_a_run_that_does_not_fit_the_memory_is_refused_and_names_what_to_change(tmp_path):
    path = tmp_path / "large.toml"
    path.write_text(SMOKE.replace("test_sequences = 64", "test_sequences = 9600000").replace("lags = [4]", "lags = [50000]"))
    done = unvanish("run", str(path), "--output", str(tmp_path / "out"), "--select", "task=first_symbol")
    assert done.returncode == 2 and "first_symbol lag 50000" in done.stderr and "most of it depends on test_sequences" in done.stderr
    assert os.listdir(tmp_path) == ["large.toml"]
