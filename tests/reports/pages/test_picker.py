"""The picker of the page, by benchmarks written down by hand."""

import re

from tests.support.tables import benchmark, dataset
from unvanish.reports.pages.sections import SECTIONS
from unvanish.reports.pages.templating import environment

PLAIN, CURED = ("first_symbol", 25, "rnn", "none"), ("first_symbol", 25, "rnn", "rmsprop")


def picker(cells, **options):
    """The text of the section and the cells of its rate column, with their marks."""
    section = SECTIONS["picker"]
    page = environment().get_template(section.path).render(**section.content(dataset(*benchmark(cells, **options))))
    text = re.sub(r"<[^>]*>", "", page)
    return page, text, [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r'data-label="rate">(.*?)</td>', page)]


def test_a_rate_has_its_valley_and_a_star_that_says_what_it_means():
    page, text, rates = picker({PLAIN: ["weak"] * 5, CURED: ["solved"] * 5}, at_cap={PLAIN}, solving={CURED: (0.04, 0.2, 1.0)})
    assert rates == ["0.2 (0.04 to 1)", "1*"]
    assert page.count('<abbr title="as many rates were tried as the profile allows: a further one may be better">*</abbr>') == 1
    assert "weak 5, rates up to 1 tried" in text
    for sentence in ("Rate: in parentheses the rates", "* as many rates were tried", "Weak: a larger learning rate is the first thing to try"):
        assert sentence in text


def test_what_is_not_in_the_picker_is_not_explained():
    _, text, rates = picker({PLAIN: ["vanished"] * 5, CURED: ["solved"] * 5})
    assert rates == ["0.2", "0.2"] and not any(word in text for word in ("in parentheses", "as many", "a larger learning rate"))


def test_a_condition_whose_trials_failed_has_no_rate():
    assert picker({PLAIN: ["failed"] * 5, CURED: ["solved"] * 5})[2] == ["0.2", "-"]


def test_what_solved_nothing_is_folded_away_and_has_no_rank():
    other = ("first_symbol", 25, "rnn", "relu")
    page, text, _ = picker({PLAIN: ["weak"] * 5, CURED: ["solved"] * 5, other: ["exploded"] * 5})
    shown, _, folded = page.partition("<details><summary>1 mitigation that solved no trial here")
    assert "relu" not in re.sub(r"<[^>]*>", "", shown).partition("rank")[2] and "relu" in folded and "none" in shown
    _, text, _ = picker({PLAIN: ["weak"] * 5, CURED: ["weak"] * 5, other: ["exploded"] * 5})
    assert "2 mitigations that solved no trial here" in text and "lag 25: no cure solved a trial" in text
