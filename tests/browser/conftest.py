"""Headless Chromium of the system, and pages made up for it. The driver and axe-core come from locked packages; nothing is fetched by a test."""

import shutil

import numpy as np
import pytest

from tests.support import benchmarks
from tests.support.records import record
from unvanish.reports.pages import comparison, training
from unvanish.reports.pages import explanation as explanation
from unvanish.reports.pages.benchmark import contents, render
from unvanish.reports.tables.comparison import Comparison
from unvanish.suite.debugger.diagnosis import judge
from unvanish.suite.explain.explanation import explain

sync_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need the packages of the extra develop")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def browser():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.fail("the browser tests need chromium; make test-slow installs it")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Addresses of the pages: of a complete benchmark, of one that is half run, of the explanation, of a comparison and of a Keras training."""
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for kind in ("complete", "half_run"):
        found[kind] = render(contents(benchmarks.KINDS[kind]()), {"time/wall": 60.0, "time/workers": 2.0})
    found["explain"] = explanation.render(explain())
    found["comparison"] = comparison.render("one", {"two": Comparison(benchmarks.complete(), benchmarks.nothing_solved())})
    found["training"] = training.render(judge(record(0.0, state_gradient={"rnn": np.geomspace(1e-9, 1, 20)}, losses=np.geomspace(3, 0.7, 100)), None).as_data())
    for kind, page in found.items():
        (folder / f"{kind}.html").write_text(page, encoding="utf-8")
    return {kind: (folder / f"{kind}.html").as_uri() for kind in found}


@pytest.fixture
def opened(browser, files):
    """Opens a page, the one of the complete benchmark unless another is named; `said` and `asked` are what it logs and requests."""
    contexts = []

    def open_page(kind="complete", width=1440, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(files[kind])
        return page

    yield open_page
    for context in contexts:
        context.close()
