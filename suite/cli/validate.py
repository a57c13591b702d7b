"""`unvanish validate`: what a diagnosis predicts, measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from unvanish.suite.cli.options import DEFAULT_OUTPUT, Output

if TYPE_CHECKING:
    import pandas as pd


def validate(
    output: Output = DEFAULT_OUTPUT,
    split: Annotated[str, typer.Option(help="held-out scores the thresholds; development is what they were set on.")] = "held-out",
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes on this machine. [default: one a core]")] = None,
) -> int:
    """Train again, with one thing changed, what plain SGD could not train, and print how well the cause said what would help."""
    from unvanish.reports.pages.validation import render
    from unvanish.reports.tables.validation import accuracy, rescued
    from unvanish.suite.cli.run import run_study
    from unvanish.suite.cli.terminal import print_table
    from unvanish.suite.output import output_folder, write_page
    from unvanish.suite.studies.validation import STUDIES, rescues
    from unvanish.tasks.errors import unknown_name

    if split not in STUDIES:
        raise unknown_name("split", split, STUDIES)
    study = STUDIES[split]
    with output_folder(output):
        benchmark = run_study(study, output, workers)
        rows = rescues(benchmark.trials).assign(split=split)
        rows.to_csv(output / "rescues.csv", index=False)
        page = render(rows, [{"split": split, "title": f"The {split} split", "description": sentence(rows)}])
        write_page(page, output / "validation.html")
    counts = rescued(rows)
    print_table(
        ["cause", "remedy", "predicted", "rescued"],
        [[row.cause, row.remedy, "yes" if row.predicted else "no", f"{row.n_rescued} of {row.n_trials}"] for row in counts.itertuples()],
    )
    print_table(
        ["remedy", "right", "accuracy", "most frequent answer"],
        [[row.remedy, f"{row.n_right} of {row.n_trials}", f"{row.accuracy:.2f}", f"{row.most_frequent:.2f}"] for row in accuracy(rows).itertuples()],
    )
    print(output / "validation.html")
    return int(benchmark.n_failed > 0)


def sentence(rows: pd.DataFrame) -> str:
    """Count the failed trials of a split, by task, model, seed and learning rate."""
    tasks = ", ".join(f"{task} at lag {' and '.join(map(str, sorted(set(group.lag))))}" for task, group in rows.groupby("task", sort=False))
    counts = f"{rows.seed.nunique()} seeds, {rows.learning_rate.nunique()} learning rates"
    return f"{len(rows)} trials at the baseline: {tasks}; {', '.join(rows.model.unique())}; {counts}."
