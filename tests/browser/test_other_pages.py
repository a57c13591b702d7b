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


def test_each_bar_is_as_high_as_the_logarithm_of_its_gradient(opened):
    """The height that is seen, per decade between the value in a bar's title and 1, is the same for all bars of a drawing."""
    drawings = opened("explain").evaluate("""[...document.querySelectorAll('svg')].map(svg => [...svg.querySelectorAll('.bar:has(title)')].map(
        bar => [bar.getBoundingClientRect().height, Math.abs(Math.log10(Number(bar.textContent.split(': ')[1])))]))""")
    drawings = [[bar for bar in drawing if bar[1] > 0.1] for drawing in drawings if drawing]
    assert sum(map(len, drawings)) > 100
    for drawing in drawings:
        per_decade = [height / decades for height, decades in drawing]
        assert min(per_decade) > 5 and per_decade == pytest.approx([per_decade[0]] * len(drawing), rel=0.1)
