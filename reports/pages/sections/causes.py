"""What happened inside the trials, and what the events are."""

from __future__ import annotations

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures import FIGURES
from unvanish.reports.pages.sections.section import FIGURE_TEMPLATE, Content, Section, panels
from unvanish.suite.diagnosis import EVENTS


def content(data: Benchmark) -> Content | None:
    rows = panels(FIGURES["causes"], data)
    counts = data.evaluated.cause.value_counts()
    lead = "What reached the gradient first. An event is dated by the curves and probes; what it predicts is another question."
    return (
        {"figure": FIGURES["causes"], "lead": lead, "rows": rows, "events": [(name, why, counts.get(name, 0)) for name, why in EVENTS.items()]}
        if rows
        else None
    )


SECTION = Section(
    name="causes",
    title="What happened inside, and when",
    short="Causes",
    position=90,
    content=content,
    template=FIGURE_TEMPLATE
    + """
<details><summary>what the events are, and of how many evaluation trials each is the cause</summary>
<dl class="words">{% for name, why, count in events %}<dt>{{ name|words }} <small>{{ count }}</small></dt><dd>{{ why }}</dd>{% endfor %}</dl></details>
""",
)
