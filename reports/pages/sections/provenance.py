"""How it was run, where the time went, and how to cite it."""

from __future__ import annotations

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.pages.sections.section import Content, Section


def content(data: Benchmark) -> Content:
    return {
        "profile": data.plan.profile,
        "counts": data.plan.counts,
        "context": data.context,
        "hours": data.trials.seconds.sum() / 3600,
        "recorded": any(entry.parameters.get("facts") for entry in data.plan.tasks),
        "references": data.references.to_dict("records"),
    }


SECTION = Section(
    name="provenance",
    title="How it was run, and how to cite it",
    short="Provenance",
    position=140,
    content=content,
    template="""
<div class="prose">
<p>Every condition has the same budget: {{ profile.learning_rates.count }} learning rates a factor {{ profile.learning_rates.ratio|number }} apart on {{ profile.tuning_seeds|length }} tuning seed{{ "s" if profile.tuning_seeds|length > 1 }}, the one at which most of these solve the task, or of equals the one with the lowest validation loss, trained again on {{ profile.evaluation_seeds|length }} evaluation seeds that tuning never saw; {{ profile.steps }} steps of {{ profile.batch_size }} fresh sequences unless a task says otherwise, {{ profile.hidden_size }} hidden units{% if profile.match == "parameters" %} for the network with the most parameters and for every other one as many as bring it closest to these{% endif %}. Trials with one seed see the same sequences. Figures are of the test set ({{ profile.test_sequences }} sequences{% if recorded %}; of recorded data the whole test split where it has fewer, each sequence once, while training draws from the training split with replacement{% endif %}).</p>
</div>
<dl class="words">{% for name, value in context.items() %}<dt>{{ name|words }}</dt><dd>{{ value }}</dd>{% endfor %}
<dt>processor time of training</dt><dd>{{ "%.2f"|format(hours) }} hours</dd></dl>
{% if time %}
<h3>Where the time went</h3>
<table>
<thead><tr><th scope="col">part</th><th scope="col" class="n">seconds</th><th scope="col" class="n">of the wall time</th></tr></thead>
<tbody>{% for row in time %}<tr><td>{{ row.part }}{% if row.overhead %} *{% endif %}<br><small>{{ row.meaning }}</small></td><td class="n">{{ "%.1f"|format(row.seconds) }}</td><td class="n">{{ row.share|share }}</td></tr>{% endfor %}</tbody>
</table>
<p>Seconds are summed over the processes; shares are of the time on the clock, with {{ metrics["time/workers"]|int }} workers side by side. Where processes compete for the cores, shares add up to more than the whole. Parts with a star are not the work itself: together {{ overhead|share }}.</p>
{% endif %}
{% if references %}<p>References, by scikit-learn on the same test sets: {% for row in references %}{{ row.reference }} on {{ row.task|words }} at lag {{ row.lag }}: {{ row.metric_value|number }}{{ "; " if not loop.last }}{% endfor %}.</p>{% endif %}
<h3>How to cite it</h3>
<p>unvanish {{ context.get("unvanish", "") }}, profile {{ profile.name }}{% if context.get("git_commit") %}, commit {{ context["git_commit"][:12] }}{% endif %}{% if context.get("date") %}, {{ context["date"] }}{% endif %}. The numbers are in trials.csv and conditions.csv beside this page.</p>
<pre><code>@misc{unvanish,
  title = {unvanish: which cure for vanishing and exploding gradients works for which recurrent network at which lag},
  note  = {version {{ context.get("unvanish", "") }}, profile {{ profile.name }}{% if context.get("git_commit") %}, commit {{ context["git_commit"][:12] }}{% endif %}},
{% if context.get("date") %}
  year  = {{ "{" }}{{ context["date"][:4] }}{{ "}" }},
{% endif %}
}</code></pre>
""",
)
