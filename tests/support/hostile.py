"""Benchmarks and pages in which every name and sentence that others can write holds what a browser, a shell or a type setter takes for more than letters."""

import json
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pandas as pd

from tests.support import benchmarks
from tests.support.records import LAYERS, record
from unvanish.reports.benchmark import Benchmark
from unvanish.reports.pages import comparison, reproduction, training, validation
from unvanish.reports.pages.benchmark import contents, render
from unvanish.reports.tables.comparison import Comparison
from unvanish.suite.debugger.diagnosis import judge
from unvanish.suite.diagnosis.predictions import predictions
from unvanish.suite.experiment.plan_record import PlanRecord, read_plan
from unvanish.suite.plugins import Plugin, load
from unvanish.suite.tables.long_tables import LONG_TABLES, long_tables
from unvanish.tasks.registry import Registry

TABLES = ("trials", "curves", "probes", "gradients", "references")
FACTS = {"digest": "", "sequences": [60, 20, 20], "baseline_loss": 1.0, "baseline_metric": 0.5, "reference_metric": 0.6, "solved_at_metric": 0.9}

FIGURE = """
import matplotlib.pyplot as plt
from unvanish.plugins import Figure

def draw(table):
    {body}

FIGURE = Figure(name="{name}", {texts}position=60, table=lambda data: data.conditions[["task", "lag", "model"]], draw=draw)
"""


def hostile(place: str) -> str:
    """Return a name of this place that ends whatever it may stand in, and begins something that runs: with and without signs that pages write as spaces."""
    return (
        f"{place}</script></style></title><script>alert`{place}`</script><script>ran=1</script><img src=x onerror=ran=1>"
        '<svg onload=ran=1><!-- "\' onfocus=ran=1 autofocus hurt=" $\\frac{1$ [/] \x1b[31m \u202e %zz ../{{7*7}} ```'
    )


BODIES = {
    "mine": "figure, axes = plt.subplots(); axes.plot([0, 1], [0, 1]); axes.set_title(table.model.iloc[0]); return figure",
    "broken": f"raise ValueError({hostile('error')!r})",
}


def benchmark() -> Benchmark:
    """Two lags and two models: solved, exploded, failed and vanished; as it might come from a store of others."""
    plan = benchmarks.quick("task=temporal_order,lag=10|30,model=rnn|lstm,mitigation=none|gradient_clipping")
    solved, exploded, crashed, vanished = plan.cohorts
    rows = [*benchmarks.results(solved, metric=1.0), *benchmarks.results(exploded, **benchmarks.EXPLODED), *benchmarks.failed(crashed)]
    data = benchmarks.dataset(plan, [*rows, *benchmarks.outcome_of(vanished)])
    names = {name: hostile(name) for name in ("temporal_order", "rnn", "lstm", "gradient_clipping", "saturated_share", "window of 10", "exploded")}
    tables = {name: renamed(getattr(data, name), names) for name in TABLES}
    evaluated = tables["trials"].phase == "evaluate"
    texts = {column: tables["trials"][column].mask(evaluated, hostile(column)) for column in ("rule", "run_id")}
    tables["trials"] = tables["trials"].assign(**texts, inert=tables["trials"].inert.mask(tables["trials"].mitigation != "none", hostile("inert")))
    context = {key: hostile(key) for key in ("unvanish", "command", "git_commit", "date", hostile("fact"))}
    long = long_tables(**{name: tables.pop(name) for name in LONG_TABLES})
    return replace(data, plan=renamed_plan(data.plan, names), context=context, long_tables=long, **tables)


def renamed(table: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    return table.assign(**{column: table[column].replace(names) for column in table if table[column].dtype in ("object", "str", "string")})


def renamed_plan(plan: PlanRecord, names: dict[str, str]) -> PlanRecord:
    """The plan with other names, and sentences of plug-ins and profile that are hostile; read as a stored one is."""

    def changed(value):
        if isinstance(value, dict):
            return {key: changed(entry) for key, entry in value.items()}
        return [changed(entry) for entry in value] if isinstance(value, list) else names.get(value, value) if isinstance(value, str) else value

    plain = changed(plan.model_dump())
    plain["source"] = plain["profile"]["name"] = "".join(filter(str.isprintable, hostile("profile")))  # of others, it is refused
    plain["profile"]["description"] = hostile("description")
    for task in plain["tasks"]:
        task |= {name: hostile(name) for name in ("summary", "reference", "source_rows", "metric_label")}
        task["parameters"] = {"facts": {**FACTS, "reference": hostile("reference")}}
    for condition in plain["conditions"]:
        condition["no_gradient"] = hostile("no_gradient")
    return read_plan(json.dumps(plain), "a test")


@contextmanager
def plugged_in():
    """A figure with a hostile title, question and caption, and one that cannot be drawn, for as long as the block runs."""
    texts = "".join(f"{name}={hostile(f'figure {name}')!r}, " for name in ("title", "question", "caption"))
    modules = [load(Plugin(hostile(f"{name}.py"), FIGURE.format(name=name, texts=texts, body=body))) for name, body in BODIES.items()]
    Registry.plugins.extend(modules)
    try:
        yield
    finally:
        for module in modules:
            Registry.plugins.remove(module)


def report(data: Benchmark) -> str:
    with plugged_in():
        return render(contents(data), {"time/wall": 60.0, "time/workers": 2.0})


def compared(data: Benchmark) -> str:
    after = replace(data, trials=data.trials.assign(diagnosis="learning", outcome=hostile("outcome")))
    return comparison.render(hostile("first"), {hostile("second"): Comparison(data, after)})


def trained(data: Benchmark) -> str:
    """A Keras training whose layers have such names, and what was found such words."""
    layers = [replace(layer, name=hostile(layer.name), kind=hostile(layer.kind), activation=hostile("activation")) for layer in LAYERS]
    names = {layer.name: 0.5 for layer in layers}
    state = {hostile("rnn"): np.geomspace(1e-9, 1, 20)}
    found = judge(record(0.0, layers=layers, layer_gradient=names, unit_share={}, state_gradient=state), None).as_data()
    for finding in found["findings"]:
        finding |= {name: hostile(name) for name in ("what", "why", "advice", "snippet")}
    found["record"]["probes"][-1]["unit_share"] = {name: {} for name in names}
    return training.render(found)


def validated(data: Benchmark) -> str:
    remedy, rate = next(iter(predictions()))
    rows = pd.DataFrame({"split": "s", "task": "t", "lag": 1, "model": "rnn", "mitigation": "none", "learning_rate": 0.1, "seed": [1, 2],
                         "cause": hostile("cause"), "remedy": remedy, "rate": rate, "rescued": [1.0, 0.0]})  # fmt: skip
    return validation.render(rows, [{"split": "s", "title": hostile("title"), "description": hostile("description")}])


def reproduced(data: Benchmark) -> str:
    return reproduction.render(pd.DataFrame([{name: hostile(name) for name in ("result", "source", "published", "expected", "measured", "verdict")}]))


PAGES = {"report": report, "comparison": compared, "training": trained, "validation": validated, "reproduction": reproduced}
