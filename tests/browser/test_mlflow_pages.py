"""The links that `unvanish ui` prints, opened in MLflow's own pages: which runs they show, in which columns and in which order."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.support.serving import ASSISTANT_CLOSED, serving
from unvanish.suite.tracking import VIEWS

pytestmark = pytest.mark.slow

UNVANISH = str(Path(sys.executable).parent / "unvanish")
SMOKE = Path(__file__).parents[2] / "suite" / "profiles" / "smoke.toml"
CONDITIONS = 4
# Every cell by its column, a row after the other; pinned and other columns lie in different containers.
ROWS = """() => {
    const rows = {};
    for (const cell of document.querySelectorAll('.ag-row [role=gridcell]'))
        (rows[cell.closest('.ag-row').getAttribute('row-index')] ??= {})[cell.getAttribute('col-id')] = cell.innerText.trim();
    return Object.keys(rows).sort((a, b) => a - b).map(index => rows[index]);
}"""
COLUMNS = """() => [...document.querySelectorAll('[role=columnheader][col-id*="`"]')]
    .sort((a, b) => a.getBoundingClientRect().x - b.getBoundingClientRect().x).map(head => head.getAttribute('col-id').replaceAll('`', ''))"""


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """Smoke with as many steps as an RNN needs to solve the task, which the feed-forward control never does."""
    folder = tmp_path_factory.mktemp("mlflow")
    profile = folder / "longer.toml"
    profile.write_text(SMOKE.read_text().replace("steps = 40\n", "steps = 300\n").replace("evaluate_every = 20", "evaluate_every = 100"))
    selected = "task=first_symbol,model=feedforward|rnn,mitigation=none|rmsprop"
    subprocess.run([UNVANISH, "run", profile, "--output", folder, "--select", selected], check=True, capture_output=True, timeout=400)
    return folder


@pytest.fixture(scope="module")
def printed(output):
    """The addresses that `unvanish ui` prints, by view, while it serves."""
    with serving([UNVANISH, "ui", "--output", output]) as (process, _):
        lines = [process.stdout.readline().strip() for _ in range(1 + 2 * len(VIEWS))]
        assert lines[1::2] == [view.title for view in VIEWS.values()]
        yield dict(zip(VIEWS, lines[2::2], strict=True))


@pytest.fixture
def view(browser, printed):
    """Opens a view in a window wide enough that the grid draws every column; it leaves out those that would not be seen."""
    contexts = []

    def open_view(key, width=2600):
        context = browser.new_context(viewport={"width": width, "height": 1000})
        contexts.append(context)
        context.add_init_script(ASSISTANT_CLOSED)
        page = context.new_page()
        page.goto(printed[key])
        column = VIEWS[key].state()["selectedColumns"][-1 if width == 2600 else 0]
        page.wait_for_selector(".js-plotly-plot" if VIEWS[key].charts else f'.ag-row [col-id="{column}"]', timeout=60_000)
        return page

    yield open_view
    for context in contexts:
        context.close()


def eventually(read, wanted):
    """The grid is drawn bit by bit; fails with what is read in the end."""
    deadline = time.monotonic() + 20
    while read() != wanted and time.monotonic() < deadline:
        time.sleep(0.1)
    assert read() == wanted


def runs(output, level):
    client = MlflowClient(f"sqlite:///{output}/mlflow.db")
    return client.search_runs([client.get_experiment_by_name(f"unvanish/{level}").experiment_id])


def names(page):
    """Of the runs that are shown; the value of the colour picker comes before a name."""
    return sorted(row.get("attributes.`Run Name`", "").rpartition("\n")[2] for row in page.evaluate(ROWS))


def test_the_table_of_conditions_has_a_row_for_each_and_the_chosen_columns_from_left_to_right(view, output):
    page = view("conditions")
    assert {"params.task", "params.lag", "params.model", "params.mitigation", "metrics.n_solved", "metrics.n_trials", "metrics.success_rate"} <= set(
        VIEWS["conditions"].columns
    )
    eventually(lambda: page.evaluate(COLUMNS), ["attributes.Run Name", *VIEWS["conditions"].columns])
    eventually(lambda: names(page), sorted(run.info.run_name for run in runs(output, "conditions")))
    assert len(page.evaluate(ROWS)) == CONDITIONS


def test_the_conditions_are_sorted_by_their_success_rate(view):
    page = view("conditions")
    eventually(lambda: [row.get("params.`model`") for row in page.evaluate(ROWS)], ["rnn", "rnn", "feedforward", "feedforward"])
    rates = [float(row["metrics.`success_rate`"]) for row in page.evaluate(ROWS)]
    assert rates == sorted(rates, reverse=True) and rates[0] > rates[-1] == 0


def test_views_open_on_training_runs_and_not_on_traces(view):
    page = view("conditions")
    menu = page.locator("aside")
    assert menu.get_by_role("link", name="Models", exact=True).is_visible() and menu.get_by_text("Observability").count() == 0
    assert page.get_by_role("heading", name="Runs").is_visible() and "/runs?" in page.url


def test_the_view_of_failures_lists_nothing_but_trials_that_did_not_solve_their_task(view, output):
    page = view("failures")
    trials = runs(output, "trials")
    unsolved = sorted(run.info.run_name for run in trials if run.data.tags["outcome"] != "solved")
    assert 0 < len(unsolved) < len(trials)
    eventually(lambda: names(page), unsolved)
    eventually(lambda: page.evaluate(COLUMNS), ["attributes.Run Name", *VIEWS["failures"].columns])
    for row in page.evaluate(ROWS):
        assert "seed" in row["attributes.`Run Name`"] and row["tags.`outcome`"] not in ("", "-", "solved") and row["tags.`cause`"] and row["tags.`rule`"]


def test_the_view_of_learning_opens_charts_of_the_trials(view):
    page = view("learning")
    assert "compareRunsMode=CHART" in page.url
    for title in ("gradient/norm", "gradient/max_norm"):
        page.get_by_text(title, exact=True).first.wait_for(state="visible")
    eventually(lambda: page.locator(".js-plotly-plot .scatterlayer .trace, .js-plotly-plot .barlayer .trace").count() > 0, True)


@pytest.mark.parametrize(("key", "seen"), [("conditions", 4), ("failures", 3), ("benchmarks", 4)])
def test_what_was_measured_is_in_sight_at_1280_pixels(view, key, seen):
    page = view(key, width=1280)
    for column in VIEWS[key].state()["selectedColumns"][:seen]:
        box = page.locator(f'.ag-row [col-id="{column}"]').first.bounding_box()
        assert box and box["x"] + box["width"] <= 1280 and box["y"] < 800, column


def test_a_chart_is_in_sight_at_1280_pixels(view):
    box = view("learning", width=1280).locator(".js-plotly-plot").first.bounding_box()
    assert box["x"] + box["width"] <= 1280 and box["y"] + box["height"] < 800
