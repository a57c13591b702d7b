"""What the source document says of each mitigation, and what the trials say."""

from __future__ import annotations

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.reports.pages.templating import records
from unvanish.reports.tables import truncation_vs_frozen as untrained


def content(data: Benchmark) -> Content:
    """The claims that have trials to decide them, and those that have none."""
    n_decisive = data.claims.n_trials.fillna(0) + data.claims.n_pairs.fillna(0)
    decided, open_ = records(data.claims[n_decisive > 0]), records(data.claims[n_decisive == 0])
    return {"claims": decided, "open": open_, "untrained": untrained.sentence(data.truncation_vs_frozen)}


SECTION = Section(
    name="claims",
    title="What the textbook says, and what was measured",
    short="Claims",
    position=30,
    content=content,
    template="""
<p>The tutorial “Working of RNN in TensorFlow” (JavaTpoint) says in its rows S1 to S14 what goes wrong when recurrent networks are trained, and what helps. Each claim that this benchmark can decide has a verdict:
that something helps is decided by pairs of trials of the same task, lag and seed, “cannot” and “poorly” by the bounds of Wilson's interval.</p>
{% if claims %}
<div class="cards" role="list">
{% for claim in claims %}
<div class="claim {{ claim.verdict|replace(" ", "-") }}" role="listitem"><span class="verdict">{{ claim.verdict }}</span> <span class="row">{{ claim.row }}</span>
<p><b>{{ claim.claim|sentence }}</b></p><p>{{ claim.evidence|sentence }}</p></div>
{% endfor %}
</div>
{% endif %}
{% if untrained %}<p>{{ untrained|sentence }}</p>{% endif %}
{% if open %}<p><small>Not decided here, for want of trials at a task and lag that any trial solved: {% for claim in open %}{{ claim.row }}, {{ claim.claim|replace(".", "") }}{{ "; " if not loop.last else "." }}{% endfor %}</small></p>{% endif %}
""",
)
