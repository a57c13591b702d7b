"""What the source document says of each mitigation, and what the trials say."""

from __future__ import annotations

from reports.dataset import Dataset
from reports.page import records
from reports.sections.section import Content, Section


def content(data: Dataset) -> Content | None:
    return {"claims": records(data.claims)} if len(data.claims) else None


SECTION = Section(
    name="claims",
    title="What the textbook says, and what was measured",
    short="Claims",
    position=30,
    content=content,
    template="""
<p>The tutorial “Working of RNN in TensorFlow” (JavaTpoint) says in its rows S1 to S14 what goes wrong when recurrent networks are trained, and what helps. Each claim that this benchmark can decide has a verdict.</p>
<div class="cards" role="list">
{% for claim in claims %}
<div class="claim {{ claim.verdict|replace(" ", "-") }}" role="listitem"><span class="verdict">{{ claim.verdict }}</span> <span class="row">{{ claim.row }}</span>
<p><b>{{ claim.claim }}</b></p><p>{{ claim.evidence }}</p></div>
{% endfor %}
</div>
""",
)
