"""The page says what was measured and nothing else, whatever the benchmark; it stands alone and can be read without a script."""

import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tests.support import benchmarks
from tests.support.pages import page_of
from unvanish.reports.benchmark import TrackingPages
from unvanish.reports.excerpt import excerpt
from unvanish.reports.figures import FIGURES
from unvanish.reports.pages.benchmark import contents, drawings, head, left_out, render
from unvanish.reports.pages.sections import SECTIONS
from unvanish.reports.shown_names import with_shown_names

VOID = {"meta", "br", "link", "input", "use", "path", "line", "polyline"}


class Page(HTMLParser):
    """What is on a page: its ids, links, tables by section and text outside scripts."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.tables, self.text, self.section = [], [], [], {}, "", ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []
        if tag == "section":
            self.section = given["id"]
        if tag == "table":
            self.tables.setdefault(self.section, []).append([])
        if tag == "tr":
            self.tables[self.section][-1].append([])
        if tag in ("td", "th"):
            self.tables[self.section][-1][-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.ids += [value for name, value in attributes if name == "id"]

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("script", "style"):
            return
        self.text += data
        if {"td", "th"} & set(self.open) and "table" in self.open:
            self.tables[self.section][-1][-1][-1] += data


def text_of(data):
    return render(contents(data), {})


def answer_of(data):
    """The section that answers the question, without the rest of its page."""
    (section,) = (section for section in SECTIONS if section.name == "answer")
    shown = excerpt(with_shown_names(data))
    return render({"head": head(shown.whole) | left_out(shown), "sections": [(section, section.content(shown))]}, {})


@pytest.fixture(scope="module", params=[pytest.param(kind, marks=[] if kind in ("complete", "failed_cure") else pytest.mark.slow) for kind in benchmarks.KINDS])
def kind(request):
    """Every kind of benchmark: its name, the data, the page."""
    page = page_of(request.param)
    return request.param, page.data, page.text


@pytest.fixture(scope="module")
def complete():
    page = page_of("complete")
    return page.data, page.text


def test_every_kind_of_benchmark_has_a_well_formed_page_without_ids_twice(kind):
    page = Page(kind[2])
    assert page.open == [] and len(page.ids) == len(set(page.ids))


def test_no_page_says_nan_or_none_where_a_value_is_missing(kind):
    page = Page(kind[2])
    for rows in (row for tables in page.tables.values() for table in tables for row in table):
        assert not {"nan", "None", "NaN", "<NA>"} & {cell.strip() for cell in rows}
    assert "nan" not in re.findall(r"[a-z]+", page.text.lower())


def test_every_link_leads_somewhere_on_the_page(kind):
    page = Page(kind[2])
    assert {link for link in page.links if not link.startswith(("#", "data:text/plain;"))} == set()
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_the_page_stands_alone(kind):
    """Nothing that has to be fetched."""
    assert re.findall(r"(?:src|srcset|action)=|url\((?!#)[^)]*\)|@import|fetch\(|XMLHttpRequest|https?://(?!www\.w3\.org)", kind[2]) == []


def test_every_condition_has_a_row_whatever_became_of_it(kind):
    _, data, text = kind
    (table,) = Page(text).tables["conditions"]
    assert len(table) - 1 == data.plan.counts.conditions + data.plan.counts.not_applicable


def test_the_page_says_what_is_missing():
    data, _, text = page_of("half_run")
    n_run = (data.conditions.n_trials + data.conditions.n_failed > 0).sum()
    assert f"{data.plan.counts.conditions - n_run} conditions have not been run yet" in text
    assert f"{(data.trials.status == 'failed').sum()} trials failed to run" in text
    assert "not applicable: there is no state to backpropagate through" in text


def test_a_cure_that_failed_looks_failed_everywhere_and_its_reason_is_said():
    """In the matrix, the heat maps, the picker and the table of conditions; it is in no figure and no claim."""
    data, _, text = page_of("failed_cure")
    page, cure = Page(text), benchmarks.FAILED_CURE
    assert page.text.count(benchmarks.REASON) > 3
    (matrix,), pickers, (table,) = (page.tables[name] for name in ("answer", "picker", "conditions"))
    (row,) = ([cell.strip() for cell in row] for row in matrix if row[0].strip() == cure)
    assert set(row[1:]) == {"failed"}
    ranked = [[cell.strip() for cell in row] for ranking in pickers for row in ranking if row[1].strip() == cure]
    assert ranked and {(rank, solved) for rank, _, solved, *_ in ranked} == {("–", "failed")}
    assert all(row[-1].startswith(f"failed: {benchmarks.REASON}") for row in table if row[3].strip() == cure)
    assert cure not in set(data.overall.mitigation) and not data.conditions[data.conditions.mitigation == cure].n_trials.any()
    (claim,) = data.claims[data.claims.claim == "Against both: RMSprop."].itertuples()
    assert (claim.verdict, claim.n_pairs) == ("not tested", 0)


def test_what_is_given_is_escaped(complete):
    assert "unvanish run &lt;quick&gt;" in complete[1] and "<quick>" not in complete[1]


def test_a_page_is_the_same_byte_for_byte_for_the_same_results():
    assert text_of(benchmarks.one_condition()) == page_of("one_condition").text


def test_every_figure_is_on_the_page_with_an_alternative_text_and_the_pages_colours(complete):
    shown = re.findall(r'<svg [^>]*role="(?:img|group)".*?</svg>', complete[1], flags=re.DOTALL)
    titles = [re.search(r"<title[^>]*>([^<]{10,})</title><desc[^>]*>[^<]{80,}</desc>", svg).group(1) for svg in shown]
    assert len(set(titles)) == len(titles) and all("currentColor" in svg for svg in shown)
    assert {title.split(", ")[0] for title in titles} == {
        figure.title for figure in FIGURES if figure.name not in ("probes", "recorded")
    }  # of plug-ins, of recorded data
    assert 15 <= len(shown) <= 25


def test_the_page_shows_the_drawings_that_are_kept_with_the_run():
    _, shown, text = page_of("one_condition")
    names = [drawing.name for drawing in drawings(shown)]
    assert len(set(names)) == len(names) > 3 and all(f'id="{name}-title"' in text for name in names)


def test_sections_come_in_the_readers_order(complete):
    order = re.findall(r'<section id="([^"]*)"', complete[1])
    assert order == [section.name for section in SECTIONS if section.name in order] and order[0] == "answer"
    places = {name: place for place, name in enumerate(order)}
    first, last = (
        ["answer", "picker", "primer", "claims", "success", "horizon", "steps"],
        ["learning", "gradients", "causes", "rates", "cost", "conditions"],
    )
    assert sorted([*first, *last, "provenance"], key=places.__getitem__) == [*first, *last, "provenance"]


def test_the_matrix_has_the_solved_and_tried_trials_of_the_longest_lags(complete):
    """At the long lags the plain RNN exploded, and nothing else is solved; two tasks with as many seeds each."""
    data, text = complete
    seeds, mitigations = len(data.plan.profile.evaluation_seeds), data.plan.profile.mitigations
    (table,) = Page(text).tables["answer"]
    header, *rows = [[cell.strip() for cell in row] for row in table]
    assert header == ["", "rnn", "lstm", "gru"]
    assert [row[0].removesuffix(" control") for row in rows] == [*(name.replace("_", " ").replace("+", " + ") for name in mitigations), "feedforward"]
    assert {re.match(r"\d+/\d+", cell).group() for row in rows[:-1] for cell in row[1:]} == {f"0/{2 * seeds}"}
    control = data.evaluated[(data.evaluated.model == "feedforward") & data.evaluated.lag.isin([25, 30])]
    assert re.match(r"\d+/\d+", rows[-1][1]).group() == f"0/{len(control)}"  # one control for all mitigations


def test_the_first_screen_says_where_the_grid_of_rates_does_not_grow():
    caption = "The grid of 3 learning rates does not grow in this profile: a better rate may lie outside it."
    data = benchmarks.one_condition()
    fixed = data.plan.profile.learning_rates.model_copy(update={"most": None})
    plan = data.plan.model_copy(update={"profile": data.plan.profile.model_copy(update={"learning_rates": fixed})})
    assert caption in answer_of(replace(data, plan=plan)).split("</table>")[0]
    assert "does not grow" not in page_of("one_condition").text


def test_the_best_of_a_network_is_outlined_and_a_benchmark_that_solves_nothing_has_no_best(complete):
    assert 'class="best"' not in complete[1]
    assert page_of("one_condition").text.count('class="best"') == 1


def test_a_mark_says_where_no_gradient_can_reach():
    section = re.search(r'<section id="answer".*?</section>', answer_of(benchmarks.nothing_solved()), flags=re.DOTALL).group()
    marked = re.findall(r'<th scope="row">([a-z +]*)</th>|†</sup>', section)
    assert marked == ["none", "truncated bptt", "", "", "gradient clipping", "rmsprop", "relu", "gradient clipping + rmsprop"]


def test_the_curves_behind_a_cell_are_those_of_its_condition(complete):
    """The baseline is at 1/1.6 of the box, and losses at half the baseline halfway below it."""
    data, text = complete
    curves = json.loads(re.search(r'id="curves">(.*?)</script>', text, flags=re.DOTALL).group(1))
    cells = set(re.findall(r'<a href="#([^"]*)" aria-label', text))
    assert set(curves) <= cells
    rnn = data.curves[(data.curves.model == "lstm") & (data.curves.mitigation == "none") & (data.curves.phase == "evaluate")]
    curve = curves["first_symbol.5.lstm.none"]
    mine = rnn[(rnn.task == "first_symbol") & (rnn.lag == 5)]
    baseline = data.plan.task("first_symbol", 5).baseline_loss
    assert len(curve["lines"]) == mine.seed.nunique() and curve["end"] == mine.step.max()
    assert curve["lines"][0][0] == pytest.approx(100 * (1 - mine.loss.iloc[0] / (1.6 * baseline)), abs=0.51)


def test_the_slider_has_a_profile_for_every_probe_and_says_what_arrives(complete):
    profiles = json.loads(re.search(r'id="profile-data">(.*?)</script>', complete[1], flags=re.DOTALL).group(1))
    conditions = profiles["conditions"]
    assert len(conditions) == 6  # three conditions of each of two tasks
    for condition in conditions:
        assert condition["steps"][0] == 0 < condition["steps"][1] and len(condition["steps"]) == len(condition["powers"]) == len(condition["arrives"])
        power, arrives = condition["powers"][-1][condition["distance"]], condition["arrives"][-1]
        assert (power is None) == (arrives == "0" or float(arrives) < 1e-12) and (power is None or abs(power - math.log10(float(arrives))) < 0.1)
    vanished = [float(condition["arrives"][-1]) for condition in conditions if "e-" in condition["arrives"][-1]]
    assert vanished and max(vanished) < 1e-6


def test_a_condition_has_its_trials_their_rules_and_the_command_that_runs_it_again(complete):
    data, text = complete
    row = re.search(r'<tbody id="first_symbol.25.gru.rmsprop".*?</tbody>', text, flags=re.DOTALL).group()
    trials = data.evaluated.query("task == 'first_symbol' and lag == 25 and model == 'gru' and mitigation == 'rmsprop'")
    assert len(trials) == len(data.plan.profile.evaluation_seeds)
    assert all(f"run {trial.run_id}<" in row and f"seed {trial.seed}:" in row for trial in trials.itertuples())
    assert "unvanish run quick --output again --select task=first_symbol,lag=25,model=gru,mitigation=rmsprop" in row


def test_where_the_time_went_is_told():
    metrics = {"time/wall": 120.0, "time/workers": 2.0, "time/training": 200.0, "time/report": 5.0}
    text = render(page_of("one_condition").contents, metrics)
    assert "2 min on 2 workers" in text and "<td>training" in text


def test_how_to_cite_names_the_version_the_profile_and_the_commit(complete):
    assert re.search(r"@misc\{unvanish,.*version 0\.1\.0, profile quick, commit 0123456789ab\}", complete[1], flags=re.DOTALL)


def test_colours_of_text_and_lines_have_enough_contrast():
    """WCAG 2.1: 4.5 for text, 3 for what is drawn, light and dark."""
    from unvanish.reports.pages.templating import TEMPLATES

    style = (TEMPLATES / "report.css").read_text()
    for block in re.findall(r":root \{ color-scheme[^}]*\}|:root \{ --paper[^}]*\}", style):
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", block))
        for name, least in {"ink": 4.5, "faint": 4.5, "accent": 4.5, "good": 4.5, "bad": 4.5, "grey": 3, "warm": 3}.items():
            assert contrast(colours[name], colours["paper"]) >= least, (name, block)
        assert contrast(colours["faint"], colours["soft"]) >= 4.5 and contrast(colours["on"], colours["accent"]) >= 4.5


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.slow
def test_recorded_data_say_whether_a_network_is_better_than_every_reference_predictor():
    """A GRU that is always right at lag 0 is; at lag 7 nothing comes near. A benchmark without recorded data has no such section."""
    page = Page(page_of("recorded").text)
    (table,) = page.tables["references"]
    assert [row[0].split("accuracy")[0].strip() for row in table[1:]] == ["table, lag 0", "table, lag 7"]
    assert [row[-1] for row in table[1:]] == ["better than every predictor", "worse than the best predictor"]
    assert table[1][3].startswith("gru") and table[1][5] == "5 of 5"
    assert "references" not in Page(page_of("one_condition").text).ids


def test_trials_that_a_server_tracks_link_their_runs():
    data = benchmarks.one_condition()
    runs = [f"{number:032x}" for number in range(len(data.trials))]
    address = "http://127.0.0.1:5000/#/experiments/3/runs/"
    tracked = replace(data, trials=data.trials.assign(run_id=runs), pages=TrackingPages((("Trials", "http://127.0.0.1:5000/#/experiments/3"),), address))
    links = {link for link in Page(text_of(tracked)).links if link.startswith("http:")}
    evaluated = set(tracked.evaluated.run_id)
    assert evaluated and links == {"http://127.0.0.1:5000/#/experiments/3", *(address + run for run in evaluated)}
    assert not [link for link in Page(page_of("one_condition").text).links if link.startswith("http:")]
