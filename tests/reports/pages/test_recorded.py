"""A page of recorded data begins with its answer; a page of others does not."""

from dataclasses import replace

from tests.reports.pages.test_benchmark import Page, text_of
from tests.support import benchmarks
from tests.support.pages import page_of
from tests.support.recorded import class_answer, number_answer, text_answer


def test_a_page_of_recorded_data_asks_its_question_answers_it_first_and_has_no_card_of_the_textbook():
    text = text_of(replace(benchmarks.recorded(), recorded=[replace(class_answer(), mitigation="rmsprop"), number_answer()]))
    page = Page(text)
    assert "<h1>Does a recurrent network predict exercise and weight better than a simple predictor?</h1>" in text
    assert text.index('<section id="recorded"') < text.index('<section id="answer"') and "claims" not in page.ids
    assert {link.removeprefix("#") for link in page.links if link.startswith("#")} <= set(page.ids)
    rows = [row for table in page.tables["recorded"] for row in table]
    assert ["gru (2 seeds)best network", "75.0 %", "66.7 %"] in rows and ["day", "10.0", "5.0 to 15.0"] in rows
    assert "unvanish predict LOG.csv --output FOLDER --task table:weight" in page.text


def test_a_page_of_many_uses_begins_with_all_of_them_and_shows_what_a_network_writes():
    text = text_of(replace(benchmarks.recorded(), recorded=[class_answer(), number_answer(), text_answer()]))
    page = Page(text)
    assert "<h1>Do recurrent networks predict better than simple predictors?</h1>" in text
    assert text.index('class="stack uses"') < text.index('<h3 id="use-1">') < text.index('<h3 id="use-3">')
    assert '<pre class="written"> beginning &lt;to&gt;\nget</pre>' in text and "2.27 bits per symbol by bzip2 -9 (Seward 1996; as a whole)" in page.text


def test_a_page_of_other_tasks_too_keeps_the_question_of_the_textbook():
    text = text_of(replace(benchmarks.one_condition(), recorded=[class_answer()]))
    assert "<h1>Which cure for vanishing and exploding gradients works?</h1>" in text and '<section id="claims"' in text
    assert text.index('<section id="answer"') < text.index('<section id="recorded"')


def test_a_benchmark_without_recorded_data_has_no_such_section():
    assert "recorded" not in Page(page_of("one_condition").text).ids
