"""`unvanish validate`: what a diagnosis predicts, measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from suite.cli.options import Output

if TYPE_CHECKING:
    import pandas as pd


def validate(
    output: Output,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes on this machine. [default: one a core]")] = None,
) -> int:
    """Train again, with one thing changed, what plain SGD could not train, and print how well the diagnosis said what would help."""
    import pandas as pd

    from reports.validation import accuracy, render, rescued
    from suite.cli.output import output_folder
    from suite.cli.studies import folder_of, train_studies
    from suite.cli.terminal import print_table
    from suite.validation import STUDIES, TITLES, rescues

    with output_folder(output):
        status = train_studies(STUDIES, output, workers)
        parts = [rescues(pd.read_parquet(folder_of(study, output) / "trials.parquet")).assign(split=study.name) for study in STUDIES]
        rows = pd.concat(parts, ignore_index=True)
        rows.to_csv(output / "rescues.csv", index=False)
        described = [{"split": study.name, "title": TITLES[study.name], "description": sentence(part)} for study, part in zip(STUDIES, parts, strict=True)]
        (output / "validation.html").write_text(render(rows, described), encoding="utf-8")
    counts = rescued(rows)
    print_table(
        ["split", "diagnosis", "remedy", "predicted", "rescued"],
        [[row.split, row.diagnosis, row.remedy, "yes" if row.predicted else "no", f"{row.n_rescued} of {row.n_trials}"] for row in counts.itertuples()],
    )
    print_table(
        ["split", "remedy", "right", "accuracy", "most frequent answer"],
        [[row.split, row.remedy, f"{row.n_right} of {row.n_trials}", f"{row.accuracy:.2f}", f"{row.most_frequent:.2f}"] for row in accuracy(rows).itertuples()],
    )
    print(output / "validation.html")
    return status


def sentence(rows: pd.DataFrame) -> str:
    """What the failed trials of a split are of."""
    tasks = ", ".join(f"{task} at lag {' and '.join(map(str, sorted(set(group.lag))))}" for task, group in rows.groupby("task", sort=False))
    counts = f"{rows.seed.nunique()} seeds, {rows.learning_rate.nunique()} learning rates"
    return f"{len(rows)} trials at the baseline: {tasks}; {', '.join(rows.model.unique())}; {counts}."
