"""What is drawn in other processes is what would be drawn in this one; these processes know its plug-ins, pass errors on and end with it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.support import benchmarks
from unvanish.reports import beside
from unvanish.reports.figures.figure import BlankPanel
from unvanish.reports.pages.benchmark import contents, render
from unvanish.suite import plugins
from unvanish.tasks.registry import Registry

FIGURE = """
import pandas as pd
from unvanish.reports.figures.figure import Figure

FIGURE = Figure(name="of_mine", title="Of mine", caption="A line.", position=0, table=lambda data: pd.DataFrame({"task": ["adding"], "name": ["a"]}),
                across=("task",), panel="name", draw=lambda axes, panel: DRAWN, size=lambda group: (1.0, 1.0))
"""
ORPHAN = """
from unvanish.reports import beside
import os, signal

if __name__ == "__main__":
    with beside.processes(importing="unvanish.reports.figures"):
        print(beside.later(os.getpid).result(), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""
STOPPED = """
from unvanish.reports import beside
import time

if __name__ == "__main__":
    try:
        with beside.processes(importing="unvanish.reports.figures"):
            print("begun", flush=True)
            time.sleep(60)
    except KeyboardInterrupt:
        pass
"""


@pytest.fixture
def figure(tmp_path, monkeypatch):
    """A plug-in with a figure whose panel draws what a test gives."""

    def add(drawn):
        path = tmp_path / "of_mine.py"
        path.write_text(FIGURE.replace("DRAWN", drawn), encoding="utf-8")
        plugins.add(path)

    monkeypatch.setattr(Registry, "plugins", [])
    monkeypatch.setattr(plugins, "LOADED", {})
    return add


def test_a_page_is_the_same_to_the_byte_with_the_figure_of_a_plugin_and_an_error_there_is_an_error_here(figure):
    figure("axes.plot([0, 1], [0, 1])")
    data = benchmarks.one_condition()
    here = render(contents(data), {})
    with beside.processes(importing="unvanish.reports.figures"):
        assert beside.later(os.getpid).result() != os.getpid()
        there = render(contents(data), {})
        beside.later(int, "no number")
        with pytest.raises(ValueError, match="no number"):
            beside.wait()
    assert there == here and "Of mine" in there


def test_a_panel_that_shows_nothing_is_an_error_of_the_page(figure):
    figure("None")
    with beside.processes(importing="unvanish.reports.figures"), pytest.raises(BlankPanel, match="'Of mine' draws nothing"):
        contents(benchmarks.one_condition())


def test_processes_end_with_the_one_that_asked_for_them(tmp_path):
    script = tmp_path / "killed.py"
    script.write_text(ORPHAN, encoding="utf-8")
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as killed:
        pid = int(killed.stdout.readline())  # all of it would wait for the processes that share it
        killed.wait()
    end = time.monotonic() + 60
    while is_there(pid) and time.monotonic() < end:
        time.sleep(0.1)
    assert not is_there(pid)


@pytest.mark.parametrize("seconds", [0.0, 0.5])
def test_ctrl_c_while_they_begin_is_heard_by_the_one_that_asked_for_them_alone(tmp_path, seconds):
    script = tmp_path / "stopped.py"
    script.write_text(STOPPED, encoding="utf-8")
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True) as stopped:
        assert stopped.stdout.readline() == "begun\n"
        time.sleep(seconds)
        os.killpg(stopped.pid, signal.SIGINT)
        assert stopped.communicate(timeout=60) == ("", "") and stopped.returncode == 0


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rsplit(")", 1)[1].split()[0] != "Z"  # what nobody waits for in a container stays as a zombie
