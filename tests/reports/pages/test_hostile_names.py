"""Names and sentences of others are text on every page, whatever is in them, and a page allows its own style sheet and script alone."""

import base64
import hashlib
import json
import re
from functools import cache
from html.parser import HTMLParser

import pytest

from tests.support import hostile as made
from tests.support.hostile import hostile
from unvanish.reports.figures import FIGURES
from unvanish.reports.figures.figure import unique_stem, words
from unvanish.reports.figures.files import write_drawings
from unvanish.reports.figures.success import anchor
from unvanish.reports.shown_text import shown

KINDS = tuple(made.PAGES)
PLAIN = "data:text/plain;charset=utf-8;base64,"  # what a page offers to save; a browser shows it as text


class Elements(HTMLParser):
    """The elements of a page: tag and attributes of each, ids and addresses, the text of each style sheet and script, and all other text."""

    def __init__(self, page):
        super().__init__()
        self.all, self.ids, self.links, self.sources, self.texts, self.inside = [], [], [], {"style": [], "script": []}, [], ""
        self.feed(page)
        self.text = "".join(self.texts)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.all.append((tag, given))
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []
        self.inside = tag if tag in self.sources else ""
        if self.inside:
            self.sources[tag].append("")

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside:
            self.sources[self.inside][-1] += data
        else:
            self.texts.append(data)


@pytest.fixture(scope="module")
def data():
    return made.benchmark()


@pytest.fixture(scope="module")
def pages(data):
    return cache(lambda kind: Elements(made.PAGES[kind](data)))


@pytest.mark.parametrize("kind", KINDS)
def test_no_element_and_no_attribute_comes_from_a_name(pages, kind):
    page = pages(kind)
    assert not [tag for tag, _ in page.all if tag in ("img", "iframe", "object", "embed", "base", "link", "textarea")]
    assert not [(tag, name) for tag, given in page.all for name in given if name.startswith("on") or name in ("src", "hurt", "autofocus", "srcdoc", "action")]
    assert [tag for tag, _ in page.all].count("style") == 1
    types = [given.get("type") for tag, given in page.all if tag == "script"]
    assert types == (["application/json", "application/json", None] if kind == "report" else [])
    links = [(tag, given["href"]) for tag, given in page.all if "href" in given and not (tag == "a" and "download" in given)]
    assert all(link.startswith("data:image/png" if tag == "image" else "#") for tag, link in links)
    assert all(given["href"].startswith(PLAIN) for tag, given in page.all if "download" in given)


@pytest.mark.parametrize("kind", KINDS)
def test_every_id_is_there_once_and_every_address_leads_to_one(pages, kind):
    ids, links = pages(kind).ids, pages(kind).links
    assert len(set(ids)) == len(ids) and not [found for found in ids if re.search(r"\s", found)]
    assert {link[1:] for link in links if not link.startswith(("data:image/png", PLAIN))} <= set(ids)


@pytest.mark.parametrize("kind", KINDS)
def test_the_policy_of_a_page_names_the_digests_of_its_own_style_sheet_and_script(pages, kind):
    page = pages(kind)
    (policy,) = [given["content"] for tag, given in page.all if given.get("http-equiv") == "Content-Security-Policy"]
    allowed = dict(directive.split(" ", 1) for directive in policy.split("; "))
    scripts = page.sources["script"][-1:]
    digests = {text: f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in (*page.sources["style"], *scripts)}
    assert [allowed["style-src"]] == [digests[text] for text in page.sources["style"]]
    assert allowed["script-src"] == (digests[scripts[0]] if scripts else "'none'")
    assert {name: allowed[name] for name in ("default-src", "base-uri", "form-action", "img-src")} == dict.fromkeys(
        ("default-src", "base-uri", "form-action"), "'none'"
    ) | {"img-src": "data:"}
    assert page.all.index(("meta", {"http-equiv": "Content-Security-Policy", "content": policy})) < [tag for tag, _ in page.all].index("style")


def test_names_stand_in_the_report_as_they_are(pages):
    text = " ".join(pages("report").text.split()).lower()  # sentences begin with a capital, and then have none
    for place in ("temporal_order", "rnn", "gradient_clipping", "saturated_share", "figure title", "metric_label"):
        assert " ".join(words(shown(hostile(place))).split()) in text, place
    assert " ".join("".join(filter(str.isprintable, hostile("profile"))).split()).lower() in text
    for place in ("rule", "run_id", "command", "summary", "reference", "figure question", "figure caption"):
        assert shown(hostile(place)).lower() in text, place
    assert "\x1b" not in text and "\u202e" not in text


def test_what_the_script_reads_holds_the_names(data, pages):
    curves, profiles = (json.loads(text) for text in pages("report").sources["script"][:2])
    assert curves and set(curves) <= set(pages("report").ids)
    assert anchor(hostile("temporal_order"), 10, hostile("rnn"), "none") in curves
    titles = {condition["title"] for condition in profiles["conditions"]}
    assert titles and all(title.startswith(words(hostile("temporal_order"))) for title in titles)
    assert any(title.endswith(words(hostile("gradient_clipping"))) for title in titles)


def test_ids_are_ascii_and_differ_where_names_do():
    names = ["a", "a b", "a_b", "a-b", "a~20~b", "a%20b", "é", "e", "a\x1bb", "a$b", r"a\$b"]
    found = [anchor(name, 1, "m", "n") for name in names]
    assert len(set(found)) == len(names) and all(re.fullmatch(r"[\w.~()=+:-]+", each, flags=re.ASCII) for each in found)


def test_files_of_figures_stay_in_their_folder_and_are_each_its_own(data, tmp_path):
    drawn = list(FIGURES["learning"].drawings(FIGURES["learning"].table(data)))[:1]
    paths = list(write_drawings(drawn, tmp_path, ("svg", "png", "csv")))
    assert len(set(paths)) == 3 and {path.parent for path in paths} == {tmp_path} and all(path.is_file() for path in paths)
    stems = [unique_stem(text, ()) for text in ("../../x", "a/b", "..", "x" * 999, "\u65e5" * 300, "\ud800", "")]
    assert all("/" not in stem and ".." not in stem and len(stem.encode()) <= 180 for stem in stems)
    assert [unique_stem("A b", taken) for taken in ((), ("a-b",), ("a-b", "a-b-2"))] == ["a-b", "a-b-2", "a-b-3"]
