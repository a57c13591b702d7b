"""The measured numbers of README and docs are those of the stored results, and stand where the script writes them."""

import importlib.util
import json
import re
import sys

import pandas as pd
import pytest
from PIL import Image

from tests.support.markdown import PAGES, README, ROOT

DOCS = ROOT / "docs"
# shares, times and dates of measurements; thresholds and settings are told otherwise
MEASURED = re.compile(r"\b\d+ of \d+\b|\[0\.\d+, [01]\.\d+\]|\b[\d.]+ (?:seconds|minutes|hours)\b|[Mm]easured on \d|\b(?:an|one|two|some) hours?\b")


@pytest.fixture(scope="module")
def numbers():
    """The script docs/write_numbers.py as a module."""
    spec = importlib.util.spec_from_file_location("write_numbers", DOCS / "write_numbers.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["write_numbers"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["write_numbers"]


def test_every_block_is_what_the_script_writes(numbers):
    assert numbers.outdated() == []


def test_every_block_that_the_script_can_write_is_used(numbers):
    assert {name for page in PAGES for _, name, _, _ in numbers.BLOCK.findall(page.text)} == set(numbers.BLOCKS)


def test_a_number_that_is_changed_by_hand_is_reported_and_written_anew(numbers, tmp_path, monkeypatch, capsys):
    page = tmp_path / "README.md"
    page.write_text(README.text.replace(" of 15 [", " of 16 [", 1))
    monkeypatch.setattr(numbers, "pages", lambda: [page])
    assert numbers.main(["--check"]) == 1
    assert capsys.readouterr().err == "README.md: finding differs from the stored results; python docs/write_numbers.py writes it anew\n"
    assert numbers.main([]) == 0 and page.read_text() == README.text and numbers.main(["--check"]) == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_measured_number_stands_outside_a_block(page):
    assert MEASURED.findall(page.prose) == []


@pytest.mark.parametrize("name", ["quick", "reference"])
def test_the_stored_table_of_conditions_is_that_of_the_stored_trials(name):
    trials = pd.read_parquet(DOCS / name / "trials.parquet").query("phase == 'evaluate'")
    key = ["task", "lag", "model", "mitigation"]
    counted = trials.assign(solved=trials.diagnosis == "solved").groupby(key).solved.agg(["sum", "size"])
    stored = pd.read_csv(DOCS / name / "conditions.csv").query("state == 'run'").set_index(key)
    assert (stored.n_solved == counted["sum"].reindex(stored.index)).all() and (stored.n_trials == counted["size"].reindex(stored.index)).all()
    plan = json.loads((DOCS / name / "plan.json").read_text())
    assert len(stored) == plan["counts"]["conditions"] and plan["profile"]["name"] == name


def test_the_finding_of_the_readme_is_counted_from_the_stored_trials():
    trials = pd.read_parquet(DOCS / "quick" / "trials.parquet").query("phase == 'evaluate' and model == 'rnn'")
    longest = trials[trials.lag == trials.groupby("task").lag.transform("max")]
    for mitigation, words in {"none": "without a cure", "gradient_clipping": "with gradient clipping", "rmsprop": "with RMSprop"}.items():
        chosen = longest[longest.mitigation == mitigation]
        assert re.search(rf"\b{(chosen.diagnosis == 'solved').sum()} of {len(chosen)} \[[\d., ]+\] (trials )?{words}", README.text)


def test_what_the_growing_grid_changed_is_counted_from_the_stored_trials():
    told = (DOCS / "results.md").read_text().split("<!-- begin: grid-growth -->")[1].split("<!-- end: grid-growth -->")[0]
    trials = pd.read_parquet(DOCS / "quick" / "trials.parquet")
    before = pd.read_csv(DOCS / "fixed-grid" / "conditions.csv")
    row = next(line for line in told.split("\n") if line.startswith("| `gru` |")).split(" | ")
    longest = {"first_symbol": 25, "temporal_order": 30, "exercise_schedule": 15}
    for position, mitigation in enumerate(["none", "gradient_clipping", "rmsprop", "relu"]):
        chosen = (trials.model == "gru") & (trials.mitigation == mitigation) & (trials.lag == trials.task.map(longest))
        after = int((trials[chosen & (trials.phase == "evaluate")].outcome == "solved").sum())
        fixed = int(before[(before.model == "gru") & (before.mitigation == mitigation) & (before.lag == before.task.map(longest))].n_solved.sum())
        assert (int(row[1 + 2 * position]), int(row[2 + 2 * position].strip(" |"))) == (fixed, after)
    tuned = trials[trials.phase == "tune"]
    sgd = ~tuned.mitigation.str.contains("rmsprop")
    first = (sgd & tuned.learning_rate.isin([0.04, 0.2, 1.0])) | (~sgd & tuned.learning_rate.isin([0.0004, 0.002, 0.01]))
    assert f"It took {len(tuned):,} tuning trials where 3 rates take {first.sum():,}" in told
    assert f"{tuned.seconds[~first].sum() / trials.seconds.sum():.0%} went to the further rates" in told


def test_validation_is_told_where_it_is_stored_and_else_how_to_make_it(numbers, tmp_path, monkeypatch):
    monkeypatch.setattr(numbers, "DOCS", tmp_path)
    assert "make validate" in numbers.validation() and not re.search(r"\d", numbers.validation())
    (tmp_path / "validation").mkdir()
    trial = {"split": "held-out", "task": "adding", "lag": 20, "model": "rnn", "mitigation": "none", "learning_rate": 0.2, "cause": "weak"}
    rows = [
        {**trial, "seed": seed, "remedy": remedy, "rate": rate, "rescued": answer}
        for remedy, rate, answers in [
            ("rmsprop", "own best", (1, 1)),
            ("gradient_clipping", "same", (0, 1)),
            ("gradient_clipping", "own best", (1, 0)),
            ("longer window", "same", (None, None)),
        ]
        for seed, answer in enumerate(answers)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "validation" / "rescues.csv", index=False)
    (tmp_path / "validation" / "context.json").write_text('{"date": "2026-01-02", "git_commit": "0123456789abcdef"}')
    told = numbers.validation()
    assert told.startswith("2 trials, measured on 2026-01-02 at commit 0123456789ab;")
    assert told.splitlines()[2:] == [
        "| cause | rate | `gradient_clipping` | `rmsprop` |",
        "| --- | --- | --- | --- |",
        "| `weak` | same rate | 1 of 2 |  |",
        "| `weak` | own best rate | **1 of 2** | **2 of 2** |",
        "| the prediction is right | same rate | 1 of 2 [0.09, 0.91] |  |",
        "| the prediction is right | own best rate | 1 of 2 | 2 of 2 |",
        "| the more frequent answer is right | same rate | 0.50 |  |",
        "| the more frequent answer is right | own best rate | 0.50 | 1.00 |",
    ]


def test_the_picture_is_of_the_stored_run_of_quick():
    context = json.loads((DOCS / "quick" / "context.json").read_text())
    assert Image.open(DOCS / "report.png").text == {"Source": f"profile quick, commit {context['git_commit']}, {context['date']}"}
