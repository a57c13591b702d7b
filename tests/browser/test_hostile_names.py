"""Every kind of page in a browser, with names in every place that would run if they were taken for more than letters: nothing runs."""

from dataclasses import replace

import pytest

from tests.support import hostile as made
from tests.support.hostile import hostile
from unvanish.reports.pages import explanation
from unvanish.suite.explain.explanation import explain

pytestmark = pytest.mark.slow

STRANGE = "[...document.querySelectorAll('img, iframe, object, embed, base, link, textarea, [onerror], [onload], [onfocus], [autofocus], [hurt]')].length"


def explained() -> str:
    """The explanation with cures of a plug-in that has such names."""
    found = explain()
    studies = [
        replace(study, cures=tuple(replace(cure, **{name: hostile(name) for name in ("title", "detail", "acts_on", "reference")}) for cure in study.cures))
        for study in found.studies
    ]
    return explanation.render(replace(found, studies=tuple(studies)))


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    """The address of each page, by its kind."""
    data, folder = made.benchmark(), tmp_path_factory.mktemp("hostile")
    pages = {kind: render(data) for kind, render in made.PAGES.items()} | {"explain": explained()}
    for kind, page in pages.items():
        (folder / f"{kind}.html").write_text(page, encoding="utf-8")
    return {kind: (folder / f"{kind}.html").as_uri() for kind in pages}


@pytest.fixture
def visited(browser, addresses):
    """Opens a page and uses all that is on it; what it said, which dialogs it opened and what it asked for are noted."""
    contexts = []

    def visit(kind):
        context = browser.new_context()
        contexts.append(context)
        page = context.new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("dialog", lambda dialog: (page.said.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(addresses[kind])
        page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
        for option in page.locator(".pick select, .filter select").all():
            option.select_option(index=0)
            option.dispatch_event("input")
        for link in page.locator("#success svg a").all()[:6]:
            link.focus()
            link.hover(force=True)
        for box in page.locator("input[type=range]").all():
            box.press("Home")
        for head in page.locator("th button").all()[:4]:
            head.click()
        page.emulate_media(media="print")
        page.wait_for_timeout(200)
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.mark.parametrize("kind", [*made.PAGES, "explain"])
def test_nothing_runs_and_nothing_is_asked_for(visited, addresses, kind):
    page = visited(kind)
    assert page.said == [] and page.asked == [addresses[kind]]
    assert page.evaluate("typeof ran") == "undefined" and page.evaluate(STRANGE) == 0


def test_the_names_are_shown_and_lead_to_their_rows(visited):
    page = visited("report")
    page.emulate_media(media="screen")
    assert hostile("profile").partition("\x1b")[0] in page.title()
    link = page.locator("#success svg a").last
    link.focus()
    assert "ran 1" in page.locator("#curves-card b").inner_text()
    page.keyboard.press("Enter")
    row = page.locator(f'[id="{link.get_attribute("href")[1:]}"]')
    row.wait_for(state="visible")
    assert row.evaluate("row => row.matches(':target')") and "</script>" in row.inner_text()


def test_a_script_that_is_not_of_the_page_does_not_run_even_where_it_got_into_it(browser, addresses, tmp_path):
    """Where the escaping is broken by hand, the policy is what is left: no script, attribute or address runs, and no picture is asked for."""
    from urllib.request import urlopen

    text = urlopen(addresses["report"]).read().decode()
    broken = (
        '<script>ran=1</script><img src="http://127.0.0.1:9/x" onerror="ran=1"><style>body { color: red }</style><a id="hurt" href="javascript:ran=1">x</a>'
    )
    path = tmp_path / "broken.html"
    path.write_text(text.replace("<main", f"{broken}<main", 1), encoding="utf-8")
    page = browser.new_page()
    failed, said = [], []
    page.on("requestfinished", lambda request: failed.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    page.locator("#hurt").click()
    page.wait_for_timeout(200)
    assert page.evaluate("typeof ran") == "undefined" and failed == [path.as_uri()]
    assert len([line for line in said if "Content Security Policy" in line]) >= 4
    page.close()
