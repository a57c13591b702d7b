"""Scores what `Diagnose` says of programs rebuilt from public reports, both forms of each, beside the rules of two published tools.

python -m tests.diagnosis.reported --half held_out --output tests/diagnosis/measured
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tests.diagnosis.baselines import BASELINES
from tests.diagnosis.corpus import in_words, table
from tests.diagnosis.reports import FORMS, REPORTS


def prepare() -> None:
    """Set TensorFlow up in a process."""
    from unvanish.suite.execution.tensorflow_setup import prepare_tensorflow

    prepare_tensorflow()


def run(chosen: tuple[str, str, float]) -> dict[str, Any]:
    """One form of one program, trained as its user trains it: the known causes, none of the repaired form, and what is said of it.

    `error` is what Keras raises, of a training that Keras does not finish; what stands in the diagnosis then was said before. `tried` has the verdict
    on each change that was tried, where there are seconds to try some.
    """
    from unvanish.keras import Diagnose

    name, form, seconds = chosen
    report = REPORTS[name]
    trying = {"try_fixes": True, "time_limit": seconds} if seconds and form == "faulty" else {}
    training = report.form(form)
    watch = Diagnose(training.x, training.y, sample_weight=training.fit.get("sample_weight"), mlflow=False, **trying)
    error = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            training.model.fit(training.x, training.y, verbose=0, callbacks=[watch], **training.fit)
        except Exception as raised:
            error = f"{type(raised).__name__}: {str(raised).splitlines()[0][:200]}"
    diagnosis = watch.diagnosis
    assert diagnosis is not None, report.name
    row = {
        "program": report.name,
        "link": report.link,
        "half": report.half,
        "form": form,
        "recurrent": report.recurrent,
        "fault": report.fault,
        "known": list(report.causes) if form == "faulty" else [],
        "diagnosed": [finding.cause for finding in diagnosis.causes],
        "symptoms": [finding.cause for finding in diagnosis.symptoms],
        "outcome": f"{diagnosis.outcome.word}: {diagnosis.outcome.sentence}",
        "what": diagnosis.findings[0].what if diagnosis.findings else "",
        "advice": diagnosis.findings[0].advice if diagnosis.findings else "",
        "error": error,
        "tried": {fix.fix: fix.verdict for fix in diagnosis.tried.fixes} if diagnosis.tried else {},
    }
    return row | {tool: rules(diagnosis.record) for tool, rules in BASELINES.items()}


def by_cause(rows: list[dict[str, Any]]) -> list[list[str]]:
    """Of each cause: of how many faulty programs that have it it is found, first or at all, and how often it is right where it is named first."""
    faulty = [row for row in rows if row["known"]]
    causes = sorted({cause for row in rows for cause in (*row["known"], *row["diagnosed"])})
    lines = []
    for cause in causes:
        having = [row for row in faulty if cause in row["known"]]
        first = [row for row in rows if row["diagnosed"][:1] == [cause]]
        right = [row for row in first if cause in row["known"]]
        found = [row for row in having if cause in row["diagnosed"]]
        lines.append([cause, f"{len(found)} of {len(having)}", f"{len(right)} of {len(first)}" if first else "never named"])
    return lines


def advice(rows: list[dict[str, Any]]) -> str:
    """Of how many programs some advice was tried, and of how many some helped."""
    tried = [row for row in rows if any(verdict != "not_tried" for verdict in row["tried"].values())]
    helped = sum("helped" in row["tried"].values() for row in tried)
    return f"Of {len(rows)} faulty programs, advice was tried on {len(tried)}; it helped in {in_words(helped, len(tried))}."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=["development", "held_out"], help="one half only")
    parser.add_argument("--only", default="", help="programs whose name contains this")
    parser.add_argument("--try", dest="seconds", type=float, default=0.0, help="seconds to try the advice in, of the faulty forms, which alone are run then")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--output", type=Path, help="a folder for reports.json")
    given = parser.parse_args()
    chosen = [name for name, report in REPORTS.items() if given.half in (None, report.half) and given.only in name]
    rows = []
    # processes of a few programs each, since TensorFlow keeps what it has compiled
    with get_context("spawn").Pool(given.workers, initializer=prepare, maxtasksperchild=10) as pool:
        for row in pool.imap(run, [(name, form, given.seconds) for name in chosen for form in FORMS if not (given.seconds and form != "faulty")]):
            rows.append(row)
            first, known = row["diagnosed"][:1], row["known"]
            right = first[0] in known if first else not known
            print(
                f"{'   ' if right else '-> '}{row['program']}, {row['form']}: {row['diagnosed']} {row['symptoms']}, known {known}; "
                f"{row['outcome']}; {row['what']} {row['tried'] or ''}",
                file=sys.stderr,
            )
    print(table(rows))
    for cause, found, right in by_cause(rows):
        print(f"{cause}: found {found}, right where named first {right}")
    named = [row for row in rows if row["known"]]
    any_right = sum(bool(set(row["known"]) & set(row["diagnosed"])) for row in named)
    print(f"a known cause among those named, not only first: {in_words(any_right, len(named))}")
    if given.seconds:
        print(advice(rows))
    if given.output:
        given.output.mkdir(parents=True, exist_ok=True)
        (given.output / ("tried.json" if given.seconds else "reports.json")).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
