"""Makes the pictures of the README and of docs/mlflow.md again, from a finished benchmark: python docs/pictures.py RESULTS."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Browser, ViewportSize, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

import unvanish
from tests.support.serving import ASSISTANT_CLOSED, serving
from unvanish.suite.tracking import VIEWS, default_uri, links, open_existing

DOCS = Path(__file__).parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
FIRST_SCREEN = {"width": 1400, "height": 900}
MLFLOW_SCREEN = {"width": 1280, "height": 800}
PICTURED = ("conditions", "failures", "learning")  # views, in docs/mlflow.md
DRAWN = ".ag-row [role=gridcell], .js-plotly-plot .trace"


def picture(browser: Browser, address: str, path: Path, screen: ViewportSize, drawn: str, wait: int) -> None:
    """The first screen of a page, so many milliseconds after it shows what is `drawn`."""
    page = browser.new_page(viewport=screen)
    page.add_init_script(ASSISTANT_CLOSED)
    page.goto(address)
    page.wait_for_selector(drawn, timeout=60_000)
    page.wait_for_timeout(wait)
    page.screenshot(path=path)
    page.close()


def name_source(path: Path, results: Path) -> None:
    """Write into a picture which benchmark it shows: a test compares that with docs/quick."""
    benchmark = unvanish.load(results)
    source = PngInfo()
    source.add_text("Source", f"profile {benchmark.plan.profile.name}, commit {benchmark.context['git_commit']}, {benchmark.context['date']}")
    Image.open(path).save(path, pnginfo=source, optimize=True)


def main(results: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        picture(browser, (results / "report.html").resolve().as_uri(), DOCS / "report.png", FIRST_SCREEN, "main", wait=500)
        name_source(DOCS / "report.png", results)
        with serving([Path(sys.executable).parent / "unvanish", "ui", "--output", results]) as (_, server):
            for key, (_, address) in zip(VIEWS, links(open_existing(default_uri(results)), server), strict=True):
                if key in PICTURED:
                    picture(browser, address, DOCS / f"mlflow-{key}.png", MLFLOW_SCREEN, DRAWN, wait=5_000)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
