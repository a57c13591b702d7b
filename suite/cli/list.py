"""`unvanish list`: what there is to run."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Annotated, Any

import typer

from unvanish.suite.cli.options import Json, Plugin, ResultsWithPlugins, find_plugins_of
from unvanish.suite.cli.terminal import print_json, print_table
from unvanish.tasks.errors import unknown_name

KINDS = ("tasks", "metrics", "models", "mitigations", "profiles")


def list_(
    kind: Annotated[str | None, typer.Argument(metavar="[tasks|metrics|models|mitigations|profiles]", help="What to list; everything by default.")] = None,
    as_json: Json = False,
    output: ResultsWithPlugins = None,
    plugin: Plugin = None,
) -> None:
    """List tasks, metrics, models, mitigations and profiles."""
    if kind is not None and kind not in KINDS:
        raise unknown_name("kind", kind, KINDS)
    find_plugins_of(output)
    listing = {name: entries(name) for name in KINDS if kind in (None, name)}
    if as_json:
        return print_json(listing if kind is None else listing[kind])
    for name, rows in listing.items():
        columns = [column for column in rows[0] if column not in ("parameters", "not_applicable", "reference", "source_rows", "missing", "published")]
        print_table(columns, [[str(row[column]) for column in columns] for row in rows], title=name)
        published = [f"  {row['name']}: {figure['sentence']}." for row in rows for figure in row.get("published", ())]
        if published:
            print("Published on the same data:", *published, "", sep="\n")
        for sentence in filter(None, (row.get("missing") for row in rows)):
            print(f"{sentence[0].upper()}{sentence[1:]}.\n")
        if name == "mitigations":
            print("Mitigations joined by + are used together, and their parameters stand in parentheses: gradient_clipping(threshold=0.3)+rmsprop.\n")


def entries(kind: str) -> list[dict[str, Any]]:
    """Return each entry of a kind as plain data."""
    from unvanish.suite.experiment.profile import description, profile_names
    from unvanish.suite.mitigations import MITIGATIONS, find
    from unvanish.suite.models import MODELS
    from unvanish.tasks import METRICS, TASKS

    if kind == "tasks":
        return [
            {
                "name": task.name,
                "summary": task.summary,
                "solved": task.criterion(),
                "parameters": {field.name: field.default for field in fields(task) if field.name not in {"lag", *task.derived}},
                "reference": task.reference,
                "source_rows": task.source_rows,
                "published": [{**asdict(figure), "sentence": str(figure)} for figure in task.published],
                "missing": task.not_installed(),
            }
            for task in TASKS
        ]
    if kind == "metrics":
        return [{"name": metric.name, "summary": metric.summary, "kind": metric.kind, "better": metric.better} for metric in METRICS]
    if kind == "models":
        return [
            {
                "name": model.name,
                "summary": model.summary + "; sees the whole sequence" * (not model.causal),
                "reference": model.reference,
                "source_rows": model.source_rows,
            }
            for model in MODELS
        ]
    if kind == "mitigations":
        return [
            {
                "name": mitigation.name,
                "against": mitigation.against,
                "summary": mitigation.summary,
                "parameters": mitigation().parameters,
                "not_applicable": {model.name: reason for model in MODELS if (reason := find(mitigation.name).not_applicable(model))},
                "reference": mitigation.reference,
                "source_rows": mitigation.source_rows,
            }
            for mitigation in MITIGATIONS
        ]
    return [{"name": name, "summary": description(name)} for name in profile_names()]
