"""The pages of `make docs` are built without a warning, lead somewhere, load nothing from elsewhere and have every public name."""

import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import unvanish
import unvanish.keras
import unvanish.plugins
from tests.support.markdown import ROOT
from unvanish.suite.tables.schema import FILES

pytestmark = pytest.mark.slow
LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "object": "data"}


class Links(HTMLParser):
    """The anchors of a page, where its links lead, and what it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors, self.targets, self.loaded = {""}, [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors.add(given.get("id") or "")
        if tag == "a" and given.get("href"):
            self.targets.append(given["href"])
        if tag in LOADING and given.get(LOADING[tag]):
            self.loaded.append(given[LOADING[tag]])


parsed = cache(Links)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the pages, made as the Makefile makes them."""
    folder = tmp_path_factory.mktemp("site")
    options = re.search(r"-m sphinx (.*) --doctree-dir", (ROOT / "Makefile").read_text())[1].split()
    command = [sys.executable, "-m", "sphinx", *options, "--doctree-dir", str(folder / ".doctrees"), ".", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def pages(site: Path) -> list[Path]:
    """The pages themselves; what is offered to be downloaded is tested where it is made."""
    return [path for path in site.rglob("*.html") if not {"_downloads", "_static"} & set(path.relative_to(site).parts)]


def broken(page: Path, target: str) -> bool:
    """Whether a link leads to no file or no anchor; of an address elsewhere, whether it is no address."""
    address = urlsplit(target)
    if address.scheme or address.netloc:
        return address.scheme not in ("https", "mailto") or not re.fullmatch(r"[\w.-]+\.\w+", address.hostname or "")
    reached = (page.parent / unquote(address.path)).resolve() if address.path else page
    return not reached.is_file() or (reached.suffix == ".html" and unquote(address.fragment) not in parsed(reached).anchors)


def test_every_link_leads_to_a_page_and_an_anchor_that_are_there(site):
    assert len(pages(site)) > 15
    assert [(page.name, target) for page in pages(site) for target in parsed(page).targets if broken(page, target)] == []


@pytest.mark.parametrize("target", ["nowhere.html", "columns.html#nowhere", "http://unencrypted.org", "https://", "https://no host/"])
def test_a_link_that_leads_nowhere_is_found_out(site, target):
    assert broken(site / "docs" / "index.html", target)


def test_nothing_is_loaded_from_another_host(site):
    assert [(page.name, source) for page in pages(site) for source in parsed(page).loaded if urlsplit(source).netloc] == []
    assert [path.name for path in site.rglob("*.css") if re.search(r"(url\(|@import )['\"]?(https?:)?//", path.read_text(encoding="utf-8"))] == []


def test_the_first_page_leads_to_the_guides(site):
    assert parsed(site / "index.html").targets == ["docs/index.html"]


def test_every_public_name_is_explained(site):
    named = [f"{module.__name__}.{name}" for module in (unvanish, unvanish.keras, unvanish.plugins) for name in module.__all__]
    assert {"unvanish.load", "unvanish.keras.Diagnose", "unvanish.plugins.Metric"} <= set(named)
    assert set(named) <= parsed(site / "docs" / "api.html").anchors


def test_every_column_is_in_a_row_of_its_table(site):
    text = (site / "docs" / "columns.html").read_text(encoding="utf-8")
    assert all(f"<td><p>{name}</p></td>" in text for _, columns in FILES.values() for name in columns)


def test_the_notebook_is_shown_as_it_was_executed(site):
    text = (site / "docs" / "from-a-benchmark-to-a-model.html").read_text(encoding="utf-8")
    assert "Nothing wrong was found" in re.sub(r"<[^>]+>", "", text) and re.search(r"<img[^>]+_images/", text)
