"""The pages of the explanation, of a comparison and of a Keras training in a browser."""

import pytest

pytestmark = pytest.mark.slow

KINDS = ["explain", "comparison", "training"]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_logged_and_nothing_is_asked_for(opened, files, kind):
    page = opened(kind)
    page.mouse.wheel(0, 20000)
    page.wait_for_timeout(300)
    assert page.said == [] and page.asked == [files[kind]]


@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("kind", KINDS)
def test_the_page_does_not_scroll_sideways(opened, kind, width):
    page = opened(kind, width)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_all_of_a_comparison_can_be_seen_on_a_narrow_screen(opened):
    page = opened("comparison", 360)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.locator("td").count() > 100
    assert page.evaluate("[...document.querySelectorAll('td')].filter(cell => cell.getBoundingClientRect().right > innerWidth).length") == 0
