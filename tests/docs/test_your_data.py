"""The walk-through of docs/your-data.md, from a CSV file to today's exercise, by the commands it names."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from unvanish.tasks import data_files, gym_log

UNVANISH = str(Path(sys.executable).parent / "unvanish")
BLOCKS = (Path(__file__).parents[2] / "docs" / "your-data.md").read_text().split("```")[1::2]
HEAD, PROFILE, RUN, TODAY, PREDICT, TEXT_PROFILE, TEXT_RUN, WRITE = (block.partition("\n")[2] for block in BLOCKS)


def unvanish(command, folder, status=0):
    words = command.split()
    assert words[0] == "unvanish"
    done = subprocess.run([UNVANISH, *words[1:]], capture_output=True, text=True, timeout=400, check=False, cwd=folder)
    assert done.returncode == status, done.stderr
    return done


def test_the_log_of_the_page_has_the_columns_of_the_one_that_ships():
    assert HEAD.split("\n")[0] == gym_log.PATH.read_text().split("\n")[0]


@pytest.mark.slow
def test_every_step_of_the_page_works(tmp_path):
    (tmp_path / "log.csv").write_text(gym_log.PATH.read_text())
    (tmp_path / "gym.toml").write_text(PROFILE)
    plan, run = RUN.strip().split("\n")
    assert "table: lag 0; 600 steps" in unvanish(plan, tmp_path).stdout
    unvanish(run, tmp_path)
    results = tmp_path / "gym"
    trials = pd.read_csv(results / "trials.csv")
    assert set(trials.task) == {"table"} and set(trials.status) == {"finished"}
    assert {"majority", "last step", "last value", "window of 10", "all steps"} <= set(pd.read_csv(results / "references.csv").reference)
    assert str(tmp_path) not in (results / "report.html").read_text()
    assert "4 conditions are done already" in unvanish(run, tmp_path).stderr

    evaluated = trials[(trials.phase == "evaluate") & (trials.model == "gru") & (trials.mitigation != "none")]
    best = evaluated.loc[evaluated.metric_value.idxmax()].run_id
    (tmp_path / "today.csv").write_text(gym_log.PATH.read_text() + TODAY)
    page = (results / "report.html").read_text()
    assert "Does a recurrent network predict exercise better than a simple predictor?" in page and "unvanish predict LOG.csv" in page
    predict = PREDICT.strip().replace("log.csv", "today.csv")
    together = json.loads(unvanish(f"{predict} --json --csv today-answer.csv", tmp_path).stdout)
    assert together["networks"] == 3 and together["low"] <= together["probabilities"][together["answer"]] <= together["high"]
    assert list(pd.read_csv(tmp_path / "today-answer.csv").exercise) == [together["answer"]]
    predict = predict.replace("today.csv", f"{best[:12]} today.csv")
    printed = unvanish(predict, tmp_path).stdout
    assert printed.startswith("exercise at line 367 of today.csv (day Thu, month Jan, health well): ") and max(map(len, printed.split("\n"))) <= 80
    found = json.loads(unvanish(f"{predict} --json", tmp_path).stdout)
    assert sum(found["probabilities"].values()) == pytest.approx(1) and found["answer"] in printed and found["rows"] == 14

    for file in ("log.csv", "gym.toml"):  # what was trained needs neither any more
        (tmp_path / file).unlink()
    unvanish(f"unvanish export {best} model.keras --output gym", tmp_path)
    assert json.loads(unvanish("unvanish predict model.keras today.csv --json", tmp_path).stdout)["probabilities"] == pytest.approx(
        found["probabilities"], rel=1e-4
    )
    unvanish("unvanish report --output gym", tmp_path)
    refused = unvanish(f"unvanish predict {best} nowhere.csv --output gym", tmp_path, status=2)
    assert refused.stderr.startswith("unvanish: the table nowhere.csv cannot be read (No such file") and "Traceback" not in refused.stderr


@pytest.mark.slow
def test_a_text_is_learned_and_a_network_writes_on(tmp_path, monkeypatch):
    (tmp_path / "book.txt").write_bytes(gzip.decompress((data_files.FOLDER / "alice29.txt.gz").read_bytes())[:12_000])
    smaller = {"models": '["gru"]', "mitigations": '["none"]', "hidden_size": "8", "steps": "100", "evaluation_seeds": "[101]", "count": "1"}
    shorter = TEXT_PROFILE + "context = 8\nsteps = 16\n"
    for setting, value in smaller.items():
        shorter = re.sub(rf"^{setting} = .*$", f"{setting} = {value}", shorter, count=1, flags=re.M)
    (tmp_path / "text.toml").write_text(shorter)
    unvanish(TEXT_RUN.strip(), tmp_path)
    trials = pd.read_csv(tmp_path / "book" / "trials.csv")
    assert set(trials.task) == {"text"} and set(trials.metric) == {"bits_per_symbol"} and set(trials.status) == {"finished"}
    assert {"majority", "last symbol", "n-grams of order 4"} == set(pd.read_csv(tmp_path / "book" / "references.csv").reference)
    run_id = trials[(trials.phase == "evaluate") & (trials.model == "gru")].run_id.iloc[0]
    page = (tmp_path / "book" / "report.html").read_text()
    assert "Does a recurrent network predict the next character of book.txt better than a simple predictor?" in page and 'class="written"' in page
    monkeypatch.chdir(tmp_path)
    found = {"run_id": run_id}
    exec(WRITE, found)
    assert len(found["beginning"]) == 24 and len(found["written"]) == 200
