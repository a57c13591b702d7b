"""docs/store.py stores what docs/write_numbers.py reads, and refuses what is no whole benchmark of a stored profile."""

import importlib
import json
from dataclasses import replace

import pandas as pd
import pytest

import unvanish
from tests.support.benchmarks import complete, half_run
from tests.support.markdown import ROOT

TIMES = {"time/wall": 90.0, "time/report": 30.0, "time/workers": 2.0}
CONTEXT = {"tensorflow": "2.21.0", "cores": "2", "device": "CPU"}


@pytest.fixture
def scripts(monkeypatch, tmp_path):
    """The scripts as modules, for which tmp_path is docs and no page is written."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    store, numbers = importlib.import_module("store"), importlib.import_module("write_numbers")
    monkeypatch.setattr(store, "DOCS", tmp_path)
    monkeypatch.setattr(numbers, "write", lambda: None)
    return store, numbers


def test_a_benchmark_of_quick_is_stored_and_read(scripts, monkeypatch, tmp_path):
    store, numbers = scripts
    benchmark = replace(complete(), times=TIMES)
    monkeypatch.setattr(unvanish, "load", lambda results: replace(benchmark, context=benchmark.context | CONTEXT))
    store.main(tmp_path / "results")
    stored = numbers.Stored(tmp_path / "quick")
    assert stored.context["minutes"] == "2.0" and stored.context["workers"] == "2"
    assert stored.conditions.n_solved.sum() == benchmark.conditions.n_solved.sum() > 0
    assert numbers.provenance(stored).startswith("Profile `quick`, run on 2026-11-24 at commit 0123456789ab")
    trials = pd.read_parquet(tmp_path / "quick" / "trials.parquet")
    assert len(trials) == len(benchmark.trials) and set(trials.run_id) == {""}
    assert json.loads((tmp_path / "quick" / "plan.json").read_text())["counts"]["conditions"] == len(stored.conditions)


def test_what_was_run_in_part_is_refused(scripts, monkeypatch, tmp_path):
    monkeypatch.setattr(unvanish, "load", lambda results: half_run())
    with pytest.raises(SystemExit, match="holds no complete benchmark of the profile quick; run it first: unvanish run quick"):
        scripts[0].main(tmp_path / "results")
    assert not (tmp_path / "quick").exists()


def test_the_rescues_of_validate_are_stored_with_their_context(scripts, monkeypatch, tmp_path):
    results = tmp_path / "results"
    results.mkdir()
    (results / "rescues.csv").write_text("split,cause\n")
    monkeypatch.setattr(unvanish, "load", lambda results: complete())
    scripts[0].main(results)
    assert (tmp_path / "validation" / "rescues.csv").read_text() == "split,cause\n"
    assert json.loads((tmp_path / "validation" / "context.json").read_text())["command"] == "unvanish validate"
