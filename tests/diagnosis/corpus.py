"""Trains the programs of the corpus under `Diagnose` and scores what it says, beside the rules of two published tools.

python -m tests.diagnosis.corpus --half held_out --output tests/diagnosis/measured
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tests.diagnosis.baselines import BASELINES
from unvanish.reports.statistics.success import wilson_interval


def run(name: str, max_overhead: float | None = None) -> dict[str, Any]:
    """One program: its known causes, what was diagnosed, what the baselines say of the same record, and the score on fresh data."""
    from tests.diagnosis.programs import PROGRAMS

    program = PROGRAMS[name]
    training, diagnosis = program.train(max_overhead=max_overhead)
    row = {
        "program": name,
        "half": program.half,
        "recurrent": program.recurrent,
        "known": list(program.causes),
        "diagnosed": [finding.cause for finding in diagnosis.findings],
        "outcome": diagnosis.outcome.word,
        "score": diagnosis.outcome.score,
        "why": diagnosis.findings[0].why if diagnosis.findings else diagnosis.outcome.sentence,
        "fresh_score": fresh_score(training, diagnosis.record.setup.outputs) if program.healthy else None,
    }
    return row | {tool: rules(diagnosis.record) for tool, rules in BASELINES.items()}


def fresh_score(training: Any, outputs: Any) -> float:
    """1 - loss / loss of the best constant prediction, on data that were not trained on."""
    from unvanish.suite.debugger.callback import fixed_batch_size
    from unvanish.suite.debugger.data import checked
    from unvanish.suite.debugger.evaluation import evaluate

    new = checked(*training.new)
    fixed = fixed_batch_size(training.model)
    evaluation = evaluate(training.model, new.take(slice(fixed)) if fixed else new, outputs, 0)
    assert evaluation is not None
    return evaluation.score


def scored(rows: list[dict[str, Any]], tool: str = "diagnosed") -> dict[str, tuple[int, int]]:
    """Counts of what a tool did: faulty programs detected, causes named rightly of all faulty ones, false alarms of healthy ones."""
    faulty, healthy = [row for row in rows if row["known"]], [row for row in rows if not row["known"]]
    return {
        "detected": (sum(bool(row[tool]) for row in faulty), len(faulty)),
        "cause right": (sum(bool(row[tool]) and row[tool][0] in row["known"] for row in faulty), len(faulty)),
        "false alarms": (sum(bool(row[tool]) for row in healthy), len(healthy)),
    }


def table(rows: list[dict[str, Any]]) -> str:
    """In Markdown: a row a half and tool, with Wilson's 95 % intervals."""
    lines = ["| programs | tool | detected | cause right | false alarms |", "|---|---|---|---|---|"]
    for half in dict.fromkeys(row["half"] for row in rows):
        chosen = [row for row in rows if row["half"] == half]
        for tool in ("diagnosed", *BASELINES):
            cells = [in_words(*counts) for counts in scored(chosen, tool).values()]
            lines.append(f"| {half.replace('_', ' ')} | {'unvanish' if tool == 'diagnosed' else tool} | {' | '.join(cells)} |")
    return "\n".join(lines)


def in_words(count: int, of: int) -> str:
    low, high = wilson_interval(count, of)
    return f"{count} of {of} [{low:.2f}, {high:.2f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=["development", "held_out"], help="one half only")
    parser.add_argument("--only", default="", help="programs whose name contains this")
    parser.add_argument(
        "--max-overhead", type=float, help="a limit on the time that measuring takes, as users have it; none by default, since it depends on the machine"
    )
    parser.add_argument("--output", type=Path, help="a folder for corpus.json and corpus.md")
    given = parser.parse_args()
    from tests.diagnosis.programs import PROGRAMS
    from unvanish.suite.execution.tensorflow_setup import prepare_tensorflow

    prepare_tensorflow()
    names = [name for name, program in PROGRAMS.items() if given.half in (None, program.half) and given.only in name]
    rows = []
    for name in names:
        rows.append(row := run(name, given.max_overhead))
        right = (row["diagnosed"][:1] or [""])[0] in (row["known"] or [""])
        fresh = "" if row["fresh_score"] is None else f" fresh {row['fresh_score']:.2f}"
        print(
            f"{'   ' if right else '-> '}{name}: {row['outcome']} {row['score']:.2f}{fresh}; {row['diagnosed']}, known {row['known']}; {row['why']}",
            file=sys.stderr,
        )
    print(table(rows))
    if given.output:
        given.output.mkdir(parents=True, exist_ok=True)
        (given.output / "corpus.json").write_text(json.dumps(rows, indent=1) + "\n")
        (given.output / "corpus.md").write_text(table(rows) + "\n")


if __name__ == "__main__":
    main()
