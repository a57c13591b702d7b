"""Write the reference results that ship with unvanish, their report included; `unvanish.reports.shipped` reads them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.pages.benchmark import contents, render
from unvanish.reports.shipped import CHECKOUT, PROFILE


def ship(data: Benchmark) -> list[Path]:
    """Write the files from a benchmark, in place of those there are; without the ids of runs and the folder that nobody else has."""
    CHECKOUT.mkdir(parents=True, exist_ok=True)
    data = replace(data, trials=data.trials.assign(run_id=""), context=data.context | {"command": f"unvanish run {PROFILE}"})
    (CHECKOUT / "report.html").write_text(render(contents(data), data.times), encoding="utf-8")
    for name, content in (("plan.json", data.plan.model_dump()), ("context.json", data.context)):
        (CHECKOUT / name).write_text(json.dumps(content, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")
    data.trials.to_parquet(CHECKOUT / "trials.parquet", index=False, compression="zstd")
    data.conditions.to_csv(CHECKOUT / "conditions.csv", index=False, float_format="%.6g")
    data.references.to_csv(CHECKOUT / "references.csv", index=False)
    data.step_costs.to_csv(CHECKOUT / "step_costs.csv", index=False, float_format="%.6g")
    return sorted(CHECKOUT.iterdir())
