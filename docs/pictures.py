"""Makes the pictures of the README and of docs/mlflow.md again, from a finished benchmark: python docs/pictures.py RESULTS."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from suite.tracking import VIEWS, default_uri, links, open_existing
from tests.serving import serving

DOCS = Path(__file__).parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
FIRST_SCREEN = {"width": 1400, "height": 900}


def picture(browser: Browser, address: str, path: Path, wait: int) -> None:
    """The first screen of a page, after so many milliseconds."""
    page = browser.new_page(viewport=FIRST_SCREEN)
    page.goto(address)
    page.wait_for_timeout(wait)
    page.screenshot(path=path)
    page.close()


def main(results: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        picture(browser, (results / "report.html").resolve().as_uri(), DOCS / "report.png", wait=500)
        with serving([Path(sys.executable).parent / "unvanish", "ui", "--output", results]) as (_, server):
            for key, (_, address) in zip(VIEWS, links(open_existing(default_uri(results)), server), strict=True):
                picture(browser, address, DOCS / f"mlflow-{key}.png", wait=15_000)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
