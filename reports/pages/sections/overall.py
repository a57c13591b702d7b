"""All tasks and lags together."""

from __future__ import annotations

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures import FIGURES
from unvanish.reports.pages.sections.section import FIGURE_TEMPLATE, Content, Section, panels
from unvanish.reports.pages.templating import records


def content(data: Benchmark) -> Content | None:
    rows = panels(FIGURES["overall"], data)
    lead = "One number a network and mitigation, and how often the mitigation beats none."
    return {"figure": FIGURES["overall"], "lead": lead, "rows": rows, "overall": records(data.overall)} if rows else None


SECTION = Section(
    name="overall",
    title="Over all tasks and lags",
    short="Overall",
    position=55,
    content=content,
    template=FIGURE_TEMPLATE
    + """
<details><summary>as a table</summary>
<table class="stack">
<thead><tr><th scope="col">network</th><th scope="col">mitigation</th><th scope="col" class="n">tasks and lags</th><th scope="col" class="n">solved</th>
<th scope="col" class="n">interquartile mean</th><th scope="col" class="n">better than none</th></tr></thead>
<tbody>
{% for row in overall %}
<tr><td>{{ row.model|words }}</td><td data-label="mitigation">{{ row.mitigation|words }}</td><td class="n" data-label="tasks and lags">{{ row.n_problems }}</td>
<td class="n" data-label="solved">{{ row.n_solved }} of {{ row.n_trials }}</td>
<td class="n" data-label="interquartile mean">{{ "%.2f"|format(row.iqm) }} [{{ row.iqm_low|interval(row.iqm_high) }}]</td>
<td class="n" data-label="better than none">{% if row.improvement is none %}–{% else %}{{ "%.2f"|format(row.improvement) }} [{{ row.improvement_low|interval(row.improvement_high) }}]{% endif %}</td></tr>
{% endfor %}
</tbody></table></details>
""",
)
