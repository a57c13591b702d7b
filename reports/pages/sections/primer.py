"""What one must know to read the page: vanishing and exploding, lag, condition, and where every comparison starts."""

from __future__ import annotations

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.pages.sections.section import Content, Section


def content(data: Benchmark) -> Content:
    tasks: dict[str, dict] = {}
    for entry in data.plan.tasks:
        tasks.setdefault(entry.task, {**entry.model_dump(), "lags": []})["lags"].append(entry.lag)
    return {"tasks": list(tasks.values()), "profile": data.plan.profile}


SECTION = Section(
    name="primer",
    title="What is compared",
    short="Primer",
    position=20,
    content=content,
    template="""
<div class="prose">
<p>A recurrent network is trained by sending the error back through time. With every step back the gradient is multiplied by the recurrent weights and by the slope of the activation function.
Over many steps that product shrinks towards zero, and the gradient <b>vanishes</b>: the network is never told about what came long ago. Or it grows without bound, and the gradient <b>explodes</b>: one step throws away what was learned.
<code>unvanish explain</code> works the numbers through on a network small enough to follow.</p>
<p>The <b>lag</b> is the number of steps between a piece of information and its use. A <b>condition</b> is a task at a lag, a network and a mitigation, and a <b>trial</b> is a condition with a seed. Every comparison starts from the same
unmitigated training, <b>none</b>: plain stochastic gradient descent, tanh, Gaussian recurrent weights, no clipping, the whole sequence backpropagated. A mitigation is one change to it; trials with the same seed see the same sequences and start from the same weights.
A <b>control</b> is no cure: it shows what is reached without a memory, or with one that is never trained.</p>
</div>
<dl class="words">
{% for task in tasks %}
<dt>{{ task.task|words }}</dt><dd>{{ task.summary|capitalize }} ({{ task.reference }}), at lag {{ task.lags|join(", ") }}. Solved at {{ task.metric }} {{ task.solved_at_metric|number(3) }} on the test set{% if task.parameters.facts is defined %} of {{ task.parameters.facts.sequences[2] }} recorded sequences{% endif %}; without a memory {{ task.baseline_metric|number }}.</dd>
{% endfor %}
</dl>
""",
)
