"""The report in a browser: it stands alone, fits every width and paper, and what can be clicked, typed or pointed at does what it says."""

import csv
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PHONE, MAX_SCREENS = 360, 30  # pixels; screens of 800 pixels
A4_PIXELS = 703  # between the margins, at 96 to the inch
BLANK = """() => {  // panels without a mark in a colour that is neither of axes nor of reference lines, and without a note
    const probe = document.createElement('i');
    document.body.append(probe);
    const plain = ['--faint', '--grey'].map(name => { probe.style.color = `var(${name})`; return getComputedStyle(probe).color; });
    probe.remove();
    const marked = mark => {
        const style = getComputedStyle(mark), box = mark.getBoundingClientRect();
        return !mark.closest('defs') && box.width + box.height > 2
            && [style.stroke, style.fill].some(paint => /^(rgb|color)/.test(paint) && !plain.includes(paint));
    };
    return [...document.querySelectorAll('.drawings svg[role]')].filter(svg => ![...svg.querySelectorAll('path, use')].some(marked)
        && !svg.querySelector('text[style*=italic]')).map(svg => svg.querySelector('title').textContent);
}"""


@pytest.mark.parametrize("kind", ["complete", "half_run"])
def test_nothing_is_logged_and_nothing_is_asked_for(opened, files, kind):
    page = opened(kind)
    page.mouse.wheel(0, 20000)
    page.wait_for_timeout(300)
    assert page.said == [] and page.asked == [files[kind]]


@pytest.mark.parametrize("width", [360, 768, 1440, 1600])
@pytest.mark.parametrize("kind", ["complete", "half_run"])
def test_the_page_does_not_scroll_sideways(opened, kind, width):
    page = opened(kind, width)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    outside = page.evaluate("[...document.querySelectorAll('main svg[role], main table')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).length")
    assert outside == 0


def shown(page):
    """The bodies of the table of conditions that are seen, by id."""
    return page.evaluate("[...document.querySelectorAll('#all-conditions tbody')].filter(body => body.offsetParent !== null).map(body => body.id)")


def column(page, label):
    texts = page.locator(f'#all-conditions td[data-label="{label}"]').all_inner_texts()
    return [float(text.split()[0]) for text in texts if re.match(r"-?[\d.]", text)]


def test_the_table_sorts_by_a_column_up_and_down_with_what_is_missing_last(opened):
    page = opened()
    head = page.locator("#all-conditions th", has_text="score")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    up = column(page, "score")
    assert up == sorted(up) and len(set(up)) > 1
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending" and column(page, "score") == up[::-1] == sorted(up, reverse=True)
    assert "not applicable" in page.locator("#all-conditions tbody").last.inner_text()
    page.locator("#all-conditions th", has_text="task").get_by_role("button").press("Enter")
    tasks = [identity.split(".")[0] for identity in shown(page)]
    assert tasks == sorted(tasks) and len(set(tasks)) > 1


def test_the_table_filters_by_words_and_columns_and_counts(opened):
    page = opened()
    total = page.locator("#all-conditions tbody").count()
    page.get_by_label("find").fill("LSTM 25")
    assert {tuple(identity.split(".")[1:3]) for identity in shown(page)} == {("25", "lstm")}
    page.locator("select[data-column=mitigation]").select_option("rmsprop")
    assert shown(page) == ["first_symbol.25.lstm.rmsprop"]
    assert page.locator("#found").inner_text() == f"1 of {total} conditions"
    page.get_by_label("find").fill("")
    page.locator("select[data-column=mitigation]").select_option("")
    assert len(shown(page)) == 30 < total and page.locator("#found").inner_text() == f"{total} conditions"
    page.locator("#all-conditions + button.more").press("Enter")
    assert len(shown(page)) == total


@pytest.mark.parametrize("kind", ["complete", "half_run"])
def test_a_phone_shows_the_page_on_few_screens_and_the_rest_when_asked(opened, kind):
    page = opened(kind, PHONE)
    assert page.evaluate("document.documentElement.scrollHeight") <= MAX_SCREENS * 800
    table, more = page.locator("#all-conditions"), page.locator("#all-conditions + button.more")
    total = table.locator("tbody").count()
    assert len(shown(page)) == 6 and more.inner_text() == f"show all {total}" and more.get_attribute("aria-expanded") == "false"
    more.press("Enter")
    assert len(shown(page)) == total and more.get_attribute("aria-expanded") == "true"
    more.press("Enter")
    assert len(shown(page)) == 6


def test_columns_are_picked_and_the_rows_that_the_filter_leaves_are_kept_as_csv(opened):
    page = opened()
    page.get_by_label("find").fill("LSTM 25")
    tools = page.locator(".tools", has=page.locator("label", has_text="what became of the trials"))
    tools.locator("summary").press("Enter")
    tools.get_by_label("95 % interval").press("Space")
    assert page.locator("#all-conditions th", has_text="95 % interval").is_hidden()
    assert page.locator('#all-conditions td[data-label="95 % interval"]:visible').count() == 0
    with page.expect_download() as download:
        tools.get_by_role("button", name="CSV").click()
    rows = list(csv.reader(Path(download.value.path()).read_text(encoding="utf-8").splitlines()))
    assert rows[0][:5] == ["task", "lag", "network", "mitigation", "solved"] and "95 % interval" not in rows[0]
    assert len(rows) == 1 + len(shown(page)) and {tuple(row[1:3]) for row in rows[1:]} == {("25", "lstm")}
    assert {len(row) for row in rows if "not applicable" not in row[-1]} == {len(rows[0])}
    tools.get_by_role("button", name="copy").click()
    page.wait_for_timeout(200)
    assert tools.locator("button").first.inner_text() in ("copied", "marked")


def test_an_opened_row_has_its_trials_curves_and_commands(opened):
    page = opened()
    row = page.locator('[id="first_symbol.5.lstm.none"]')
    row.locator("summary").press("Enter")
    row.locator(".curves path:not(.baseline)").first.wait_for(state="attached")
    assert row.locator("li").count() == row.locator(".curves path:not(.baseline)").count() == 5
    assert "unvanish run" in row.inner_text() and "unvanish export" in row.inner_text() and "MLflow run" in row.inner_text()


def test_the_picker_shows_the_ranking_of_what_is_picked_and_copies_its_code(opened):
    page = opened()
    ranking = page.locator(".ranking:visible")
    assert ranking.count() == 1
    page.locator(".pick select[data-key=task]").select_option("temporal_order")
    assert page.locator(".pick select[data-key=lag] option").all_inner_texts() == ["10", "30"]
    page.locator(".pick select[data-key=model]").select_option("gru")
    page.locator(".pick select[data-key=lag]").select_option("10")
    assert ranking.locator("caption").inner_text() == "gru, temporal order, lag 10"
    solved = [text.split()[0] for text in ranking.locator('td[data-label="solved"]').all_inner_texts()]
    assert len(solved) > 4 and set(solved) == {"5"}
    ranking.locator("summary").first.click()
    code = ranking.locator("code").first
    assert "keras.layers.GRU" in code.inner_text()
    ranking.locator("button.copy").first.click()
    page.wait_for_timeout(200)
    assert ranking.locator("button.copy").first.inner_text() in ("copied", "marked")
    assert page.evaluate("getSelection().toString()").strip() == code.inner_text().strip()


def test_pointing_at_a_cell_shows_its_curves_and_so_does_the_keyboard(opened):
    page = opened()
    card = page.locator("#curves-card")
    cell = page.locator('#success a[href="#first_symbol.5.lstm.none"]')
    assert card.is_hidden()
    cell.hover()
    assert card.is_visible() and "lstm, none, lag 5: 5 of 5" in card.inner_text() and "5 solved" in card.inner_text()
    assert card.locator("path:not(.baseline)").count() == 5  # a line a trial
    page.mouse.move(0, 0)
    assert card.is_hidden()
    cell.focus()
    assert card.is_visible()
    box = card.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 1440 and box["y"] >= 0 and box["y"] + box["height"] <= 900
    page.keyboard.press("Escape")
    assert card.is_hidden()


def test_a_cell_leads_to_the_row_of_its_condition_even_when_that_is_filtered_away(opened):
    page = opened()
    page.get_by_label("find").fill("gru")
    page.locator('#success a[href="#first_symbol.25.lstm.rmsprop"]').focus()
    page.keyboard.press("Enter")
    row = page.locator('[id="first_symbol.25.lstm.rmsprop"]')
    row.wait_for(state="visible")
    assert row.locator("details").get_attribute("open") is not None and "seed" in row.inner_text()


def test_the_slider_moves_through_the_probes(opened):
    page = opened()
    slider, first = page.locator("#probe"), page.locator(".profiles > div").nth(2)
    assert first.locator(".step").inner_text() == "2000"
    slider.focus()
    before = first.locator("path").get_attribute("d")
    page.keyboard.press("Home")
    assert first.locator(".step").inner_text() == "0" and first.locator(".arrives").inner_text() == "1"
    assert first.locator("path").get_attribute("d") not in ("", before)
    assert "training step 0" in slider.get_attribute("aria-valuetext")


def test_without_a_script_everything_can_be_read(opened):
    page, scripted = opened(java_script_enabled=False), opened()
    whole = page.locator("#all-conditions tbody")
    assert whole.count() == scripted.locator("#all-conditions tbody").count() > 90 and whole.last.is_visible()
    assert page.locator(".filter").is_hidden() and page.locator("#profiles").is_hidden() and page.locator(".pick").is_hidden()
    assert page.locator(".ranking").count() == page.locator(".ranking:visible").count() > scripted.locator(".ranking:visible").count() == 1
    for section in ("steps", "gradients"):
        assert page.locator(f"#{section} svg[role]").first.is_visible()


@pytest.mark.parametrize("kind", ["complete", "half_run"])
def test_no_panel_and_no_folded_part_but_code_is_lost_on_paper(opened, kind):
    page = opened(kind, A4_PIXELS, java_script_enabled=False)
    panels = page.locator("svg[role]").count()
    page.emulate_media(media="print")
    for selector in ("svg[role]", "details:not(.code, .trials) > :not(summary, [hidden])", "table"):
        for box in (element.bounding_box() for element in page.locator(selector).all()):
            assert box and box["width"] > 20 and box["height"] > 5 and box["x"] >= 0 and box["x"] + box["width"] <= A4_PIXELS + 1, selector
    assert page.locator(".ranking").count() == page.locator(".ranking:visible").count() and page.locator(".code:visible").count() == 0
    assert panels and page.locator("#curves-card").count() <= 1 and page.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["complete", "half_run"])
def test_axe_finds_nothing_to_object_to(opened, kind, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(kind, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    found = axe.Axe().run(page).response["violations"]
    assert [(violation["id"], [node["html"][:120] for node in violation["nodes"][:3]]) for violation in found] == []


def test_dark_pages_are_dark_and_figures_follow(opened):
    colours = {}
    for scheme in ("light", "dark"):
        page = opened(color_scheme=scheme)
        colours[scheme] = page.evaluate("""() => {
            const body = getComputedStyle(document.body), text = getComputedStyle(document.querySelector('#success svg text'));
            const sum = colour => colour.match(/[0-9]+/g).slice(0, 3).reduce((total, part) => total + Number(part), 0);
            return [body.backgroundColor, body.color, text.fill].map(sum);
        }""")
    (light_paper, light_ink, light_text), (dark_paper, dark_ink, dark_text) = colours["light"], colours["dark"]
    assert light_paper > 600 > 150 > light_ink == light_text and dark_paper < 150 < 600 < dark_ink == dark_text


def test_every_panel_shows_a_coloured_mark_and_one_that_shows_none_is_noticed(opened):
    page = opened()
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate(BLANK) == []
    page.evaluate("document.querySelector('#learning svg').querySelectorAll('path, use').forEach(mark => { if (!mark.closest('defs')) mark.remove(); })")
    assert page.evaluate(BLANK) == [page.locator("#learning svg").first.locator("title").text_content()]
