"""`unvanish advise`: which cure to use, from a finished benchmark."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from unvanish.suite.cli.options import DEFAULT_OUTPUT, Json, Output, Plugin, TrackingUri
from unvanish.suite.cli.terminal import NARROW, console, print_json, print_table, styled

if TYPE_CHECKING:
    from unvanish.reports.benchmark import Benchmark
    from unvanish.reports.tables.advice import Advice

COLUMNS = ["", "mitigation", "solved", "95 %", "steps", "sec.", "rate", "first cause"]


def advise(
    model: Annotated[str, typer.Option(help="The recurrent model: rnn, lstm or gru.")],
    lag: Annotated[
        int, typer.Option(help="The steps that information must be remembered for; the nearest lags that were run are used, and how near they are is said.")
    ],
    task: Annotated[str | None, typer.Option(help="One task only. [default: all tasks of the benchmark together]")] = None,
    kind: Annotated[
        Literal["classification", "regression"] | None,
        typer.Option(help="The kind of your task, classification or regression: only tasks of this kind are used. [default: both]"),
    ] = None,
    output: Output = DEFAULT_OUTPUT,
    tracking_uri: TrackingUri = None,
    plugin: Plugin = None,
    as_json: Json = False,
) -> None:
    """Rank the cures for a model at a lag and a kind of task by what a benchmark measured, with Keras code for the first.

    Where there are no results of your own, the reference results answer that ship with unvanish.
    """
    from unvanish.reports.tables.advice import advise as rank

    data, source = results_or_shipped(output, tracking_uri)
    advice = rank(data, model, lag, task, kind)
    if as_json:
        return print_json(as_data(data, advice) | {"source": source})
    if source:
        console().print(f"from {source}\n")
    print_advice(data, advice)


def results_or_shipped(output: Path, tracking_uri: str | None) -> tuple[Benchmark, str]:
    """The results that are named or, where none are and there are none in the default folder, those that ship; and what those are, else nothing."""
    from unvanish.reports.shipped import shipped, source_of
    from unvanish.suite.run import load
    from unvanish.suite.tracking import default_uri

    uri = tracking_uri or default_uri(output)
    if tracking_uri is None and output == DEFAULT_OUTPUT and uri == f"sqlite:///{output.resolve()}/mlflow.db" and not (output / "mlflow.db").exists():
        data = shipped()
        return data, source_of(data)
    return load(output, tracking_uri), ""


def code_of(data: Benchmark, advice: Advice) -> tuple[str, str]:
    """The code of the best cure at the nearest task and lag that it solved, and the sentence that says how far that is from what was given."""
    from unvanish.reports.tables.advice import nearest_solved, snippet

    best, problem = advice.best, nearest_solved(data, advice)
    if best is None or problem is None:
        return "", ""
    code = snippet(data, advice.model, best.mitigation, *problem)
    task, lag = problem
    length = "" if lag == advice.lag else "; set the length of your sequences, and tune the learning rate again"
    return code, f"{advice.model} with {best.mitigation}, as it was trained on {task} at {with_distance(lag, advice.lag)}{length}" if code else ""


def with_distance(lag: int, given: int) -> str:
    """Return `lag 30, 1.2 times yours`, or `lag 25, as yours`."""
    return f"lag {lag}, as yours" if lag == given else f"lag {lag}, {max(lag, 1) / max(given, 1):.2g} times yours"


def as_data(data: Benchmark, advice: Advice) -> dict[str, Any]:
    """Return the advice as plain data, what is missing as None."""
    from unvanish.reports.tables.advice import distance

    rows = advice.ranking.astype(object).where(advice.ranking.notna(), None).to_dict("records")
    for row in rows:
        row["rates"] = [asdict(rate) for rate in row["rates"]]

    def cases(problems: list[tuple[str, int]]) -> list[dict[str, Any]]:
        return [{"task": task, "lag": lag, "distance": distance(lag, advice.lag)} for task, lag in problems]

    code, what = code_of(data, advice)
    found = {"answered_from": cases(advice.problems), "near": advice.near, "left_out": cases(advice.left_out), "ranking": rows}
    return {"model": advice.model, "lag": advice.lag, **found, "keras": code, "keras_of": what}


def print_answer(data: Benchmark, output: Path) -> None:
    """The answer at the longest lags in sentences, and the command that ranks the cures for one model of this benchmark."""
    from unvanish.reports.shown_names import with_shown_names
    from unvanish.reports.tables.answer import answer
    from unvanish.suite.experiment.roles import recurrent_models

    terminal = console()
    for sentence in answer(with_shown_names(data)):
        terminal.print(f"- {sentence.text}")
        if sentence.detail:
            terminal.print(styled((f"  {sentence.detail}", "dim")))
    solved = set(data.evaluated[data.evaluated.diagnosis == "solved"].model)
    models = sorted(recurrent_models(data.plan), key=lambda model: model not in solved)
    if models:
        command = ["unvanish", "advise", "--model", models[0], "--lag", str(max(data.plan.longest_lags.values()))]
        command += [] if output == DEFAULT_OUTPUT else ["--output", str(output)]
        terminal.print(f"to rank the cures for a model: {shlex.join(command)}")


def print_advice(data: Benchmark, advice: Advice) -> None:
    """The ranking as a table, what its words and marks mean, what it cannot tell apart, and the code."""
    from unvanish.reports.tables.advice import explained, tried_up_to
    from unvanish.reports.tables.failures import solved_of

    terminal = console()
    narrow = terminal.width < NARROW
    near = "measured" if advice.exact else "by the nearest cases that were measured" if advice.near else "no case near it was measured; the nearest are"
    terminal.print(styled((data.plan.shown_name(advice.model), "bold"), f" at lag {advice.lag}, {near}:"))
    for task, lag in advice.problems:
        terminal.print(f"  {task} at {with_distance(lag, advice.lag)}")
    if not advice.near:
        terminal.print("What follows may not hold at your lag: measure it, with your lag in a profile.")
    if advice.left_out:
        terminal.print(f"  left out as too far: {', '.join(f'{task} at {with_distance(lag, advice.lag)}' for task, lag in advice.left_out)}")
    rows, unsolved = [], []
    for row in advice.ranking.itertuples():
        cause = f"{row.cause.replace('_', ' ')} ({row.n_cause}{tried_up_to(row.cause, row.rates)})" if row.cause else ""
        remark = "never acted" if row.inert else "no gradient" if row.no_gradient else ""
        if row.role == "cure" and row.n_trials and not row.n_solved:
            unsolved.append(f"{row.mitigation} ({', '.join(filter(None, [f'0 of {row.n_trials}', cause, remark]))})")
            continue
        rows.append(
            [
                "control" if row.role == "control" and row.n_trials else f"{row.rank}." if row.n_solved else "-",
                row.mitigation.replace("+", "+\n") if narrow else row.mitigation,
                solved_of(row.n_solved, row.n_trials, row.n_failed, " of "),
                f"{row.success_low:.2f}-{row.success_high:.2f}" if row.n_trials else "-",
                "-" if row.steps_to_solved != row.steps_to_solved else f"{row.steps_to_solved:.0f}",
                "-" if row.seconds != row.seconds else f"{row.seconds:.2g}",
                ("\n" if narrow else ", ").join(dict.fromkeys(rate.text("\n" if narrow else " ") for rate in row.rates)),
                "; ".join(filter(None, [cause, remark])),
            ]
        )
    print_table(COLUMNS, rows, to=terminal, unbroken=COLUMNS[:-1])
    if unsolved:
        terminal.print(f"Solved no trial: {'; '.join(unsolved)}.")
    for sentence in explained(advice.ranking):
        terminal.print(f"{sentence}.")
    for row in advice.ranking[advice.ranking.failure != ""].itertuples():
        terminal.print(f"{row.mitigation} failed to run: {row.failure}")
    if advice.best is None:
        ran = (advice.ranking.n_trials > 0).any()
        terminal.print("No cure solved a single trial here, so none is advised." if ran else "No trial could be run here, so nothing is advised.")
        return
    tied = advice.ranking[advice.ranking.tied].mitigation
    if len(tied):
        terminal.print(f"Not told apart from the first, since the intervals overlap: {', '.join(tied)}.")
    code, what = code_of(data, advice)
    if code:
        terminal.print(f"\nKeras code of {what}:\n")
        print(code)
