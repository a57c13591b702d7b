"""The pages of the explanation, of a comparison and of a Keras training in a browser."""

import itertools

import pytest

from unvanish.suite.explain.power import ACTIVATIONS, STARTS, remaining_gradient
from unvanish.suite.models.effect import RATE

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


CHANGE = """([w, days, activation, start]) => {
    document.getElementById("try-weight").value = w;
    document.getElementById("try-days").value = days;
    for (const [name, value] of [["activation", activation], ["start", start]])
        [...document.querySelectorAll(`input[name=${name}]`)].find(choice => choice.value === String(value)).checked = true;
    document.getElementById("try-weight").dispatchEvent(new Event("input", {bubbles: true}));
    return ["product", "linear", "change"].map(name => +document.getElementById(`try-${name}`).dataset.value);
}"""


def test_what_the_sliders_show_is_what_python_computes(opened):
    page = opened("explain")
    for w, days, activation, start in itertools.product((0.4, 0.9, 1.4, 2), (1, 20, 60), ACTIVATIONS, STARTS):
        product = remaining_gradient(w, start, activation, days)
        shown = page.evaluate(CHANGE, [w, days, activation, start])
        assert shown == pytest.approx([product, w**days, RATE * product], rel=1e-9), (w, days, activation, start)


@pytest.mark.parametrize(("w", "activation", "size"), [(0.4, "tanh", "too small"), (1.0, "relu", "usable"), (2, "relu", "too large")])
def test_the_sliders_tell_what_the_change_is(opened, w, activation, size):
    page = opened("explain", 360)
    page.evaluate(CHANGE, [w, 20, activation, 0.001])
    assert page.locator("#try-size").text_content() == size
    drawn = page.locator("#try-drawing").bounding_box()
    assert drawn["x"] >= 0 and drawn["x"] + drawn["width"] <= 360


def test_a_slider_is_moved_by_the_keyboard(opened):
    page = opened("explain")
    page.locator("#try-days").press("ArrowRight")
    assert page.locator("#try-lag").text_content() == "21"
    assert page.locator("#try-days").get_attribute("aria-valuetext").startswith("lag 21: with tanh ")


def test_answers_are_closed_until_they_are_asked_for_and_never_printed(opened):
    page = opened("explain")
    answers = page.locator("#exercises details")
    assert answers.count() >= 9 and not answers.locator("p").first.is_visible()
    answers.first.locator("summary").click()
    assert answers.locator("p").first.is_visible()
    page.emulate_media(media="print")
    assert not answers.first.is_visible()
