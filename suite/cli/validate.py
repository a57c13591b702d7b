"""`unvanish validate`: what a diagnosis predicts, measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from unvanish.suite.cli.options import DEFAULT_OUTPUT, Output, RetryFailed

if TYPE_CHECKING:
    import pandas as pd


def validate(
    output: Output = DEFAULT_OUTPUT,
    split: Annotated[str, typer.Option(help="held-out scores the thresholds; development is what they were set on.")] = "held-out",
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes on this machine. [default: one a core]")] = None,
    retry_failed: RetryFailed = False,
) -> int:
    """Train again, with one thing changed, what plain SGD could not train, and print how well the cause said what would help."""
    from unvanish.reports.pages.validation import render
    from unvanish.reports.tables.validation import accuracy, rescued
    from unvanish.suite.cli.run import run_study
    from unvanish.suite.cli.terminal import print_table
    from unvanish.suite.locking import only_one_run
    from unvanish.suite.output import output_folder, write_page
    from unvanish.suite.studies.validation import STUDIES, rescues
    from unvanish.tasks.errors import unknown_name

    if split not in STUDIES:
        raise unknown_name("split", split, STUDIES)
    study = STUDIES[split]
    with output_folder(output), only_one_run(output):
        benchmark = run_study(study, output, workers, retry_failed)
        rows = rescues(benchmark.trials).assign(split=split)
        rows.to_csv(output / "rescues.csv", index=False)
        page = render(rows, [{"split": split, "title": f"The {split} split", "description": sentence(rows)}])
        write_page(page, output / "validation.html")
    print_table(["cause", "remedy", "rescued at the same rate", "rescued at its own best rate"], rescued_by_rate(rescued(rows)))
    print_table(
        ["remedy", "rate", "right", "accuracy", "most frequent answer"],
        [[row.remedy, row.rate, f"{row.n_right} of {row.n_trials}", f"{row.accuracy:.2f}", f"{row.most_frequent:.2f}"] for row in accuracy(rows).itertuples()],
    )
    print(output / "validation.html")
    return int(benchmark.n_failed > 0)


def rescued_by_rate(counts: pd.DataFrame) -> list[list[str]]:
    """Return a row a cause and remedy with a cell for each rate: the trials that were rescued, and whether that is predicted; a dash for no trial."""
    from unvanish.suite.diagnosis.predictions import OWN_BEST, SAME

    cells = {(row.cause, row.remedy, row.rate): f"{row.n_rescued} of {row.n_trials}{', predicted' if row.predicted else ''}" for row in counts.itertuples()}
    return [
        [cause, remedy, *(cells.get((cause, remedy, rate), "-") for rate in (SAME, OWN_BEST))]
        for cause in dict.fromkeys(counts.cause)
        for remedy in dict.fromkeys(counts.remedy)
        if (cause, remedy, OWN_BEST) in cells or (cause, remedy, SAME) in cells
    ]


def sentence(rows: pd.DataFrame) -> str:
    """Count the failed trials of a split, by task, model, seed and learning rate."""
    from unvanish.reports.tables.validation import failed_trials

    tasks = ", ".join(f"{task} at lag {' and '.join(map(str, sorted(set(group.lag))))}" for task, group in rows.groupby("task", sort=False))
    counts = f"{rows.seed.nunique()} seeds, {rows.learning_rate.nunique()} learning rates"
    return f"{len(failed_trials(rows))} trials that diverged or stayed at the baseline: {tasks}; {', '.join(rows.model.unique())}; {counts}."
