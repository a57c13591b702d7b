"""A benchmark's plan and table of trials written down by hand: what became of each seed of each condition, in words."""

import numpy as np
import pandas as pd

from unvanish.reports.benchmark import Benchmark
from unvanish.suite.experiment.plan_record import Counts, PlannedTask, PlanRecord
from unvanish.suite.experiment.profile import Profile
from unvanish.suite.tables.frames import references_frame
from unvanish.suite.tables.long_tables import long_tables
from unvanish.suite.tables.schema import TRIALS, typed

BUDGET = 1000
KEY = ("task", "lag", "model", "mitigation")
CAUSES = {"solved": "none_seen", "learning": "none_seen", "failed": ""}  # of other diagnoses it is the diagnosis
OUTCOMES = {"solved": "solved", "learning": "learning", "failed": "failed"}


def benchmark(cells, rates=(0.04, 0.2, 1.0), no_gradient=(), at_cap=(), solving=None):
    """Plan and trials; `cells` has for each (task, lag, model, mitigation) the words of its evaluation seeds 101, 102, ..., or None where it was not run.

    A word is a diagnosis, or a pair of diagnosis and score. Seeds 1 and 2 tune: the middle rate has the lowest losses; for the cells in `at_cap` the
    highest one, so that their search stops at its cap, since no more rates may be tried than these. Both seeds learn at every rate; for a cell in
    `solving`, both solve the task at the rates that it gives.
    """
    solving = solving or {}
    names = {position: list(dict.fromkeys(cell[position] for cell in cells)) for position in range(4)}
    conditions, rows = [], []
    for (task, lag, model, mitigation), words in cells.items():
        key = {"task": task, "lag": lag, "model": model, "mitigation": mitigation}
        why = "no gradient from the information's step" if (lag, mitigation) in no_gradient else None
        conditions.append({**key, "learning_rates": list(rates), "no_gradient": why})
        if words is None:
            continue
        chosen = rates[-1] if (task, lag, model, mitigation) in at_cap else rates[len(rates) // 2]
        for rate in rates:
            word = "solved" if rate in solving.get((task, lag, model, mitigation), ()) else "learning"
            rows += [trial(key, "tune", rate, seed, word, loss=0.1 * (rate != chosen) + 0.01 * seed) for seed in (1, 2)]
        for seed, word in enumerate(words, start=101):
            diagnosis, score = word if isinstance(word, tuple) else (word, None)
            rows.append(trial(key, "evaluate", chosen, seed, diagnosis, score))
    tasks = list(dict.fromkeys(cell[:2] for cell in cells))
    grid = {"count": len(rates), "ratio": 5.0, "sgd": 0.2, "rmsprop": 0.002, "adam": 0.002}
    plan = plan_record(tasks, conditions, models=names[2], mitigations=names[3], learning_rates=grid)
    return plan, typed(pd.DataFrame(rows, columns=list(TRIALS)), TRIALS)


def plan_record(tasks, conditions=(), **profile):
    """A plan of these tasks, (name, lag) or `PlannedTask` each, and conditions; fields that are not given are made up."""
    settings = {
        "name": "made up",
        "description": "by hand",
        "models": ["rnn"],
        "mitigations": ["none"],
        "tuning_seeds": [1, 2],
        "evaluation_seeds": [101, 102],
        "hidden_size": 8,
        "batch_size": 4,
        "steps": BUDGET,
        "evaluate_every": 100,
        **dict.fromkeys(("validation_sequences", "test_sequences", "probe_sequences"), 20),
        "learning_rates": {"count": 3, "ratio": 5.0, "sgd": 0.2, "rmsprop": 0.002, "adam": 0.002},
    }
    planned = [task if isinstance(task, PlannedTask) else made_up_task(*task) for task in tasks]
    by_lag = [{"name": task.task, "lags": [task.lag]} for task in planned]
    made = {
        "hidden_size": 8,
        "parameters": 99,
        "learning_rates": [0.2],
        "tuning_trials": 6,
        "most_tuning_trials": 6,
        "evaluation_trials": 2,
        "no_gradient": None,
    }
    conditions = [made | condition | {"fingerprint": "-".join(str(condition[name]) for name in KEY)} for condition in conditions]
    counts = dict.fromkeys(Counts.model_fields, 0) | {"conditions": len(conditions)}
    whole = Profile.model_validate({**settings, **profile, "task": by_lag})
    return PlanRecord(source=None, profile=whole, plugins=[], counts=counts, tasks=planned, conditions=conditions, not_applicable=[])


def made_up_task(name, lag, **fields):
    texts = dict.fromkeys(("summary", "reference", "source_rows"), "")
    numbers = {"length": lag + 1, "information_distance": lag, "baseline_loss": 1.0, "baseline_metric": 0.5, "solved_at_metric": 1.0}
    metric = {"metric": "accuracy", "metric_label": "accuracy", "better": "higher", "share": True}
    return PlannedTask.model_validate({"task": name, "lag": lag, **metric, "parameters": {}, **texts, **numbers, **fields})


def trial(key, phase, rate, seed, diagnosis, score=None, loss=0.5):
    solved, failed = diagnosis == "solved", diagnosis == "failed"
    outcome = OUTCOMES.get(diagnosis, "baseline")
    return {
        **key,
        "benchmark": "made up",
        "phase": phase,
        "learning_rate": np.nan if failed and phase == "evaluate" else rate,
        "seed": seed,
        "steps": BUDGET,
        "status": "failed" if failed else "finished",
        "diagnosis": diagnosis,
        "outcome": outcome,
        "cause": CAUSES.get(diagnosis, diagnosis),
        "events": "",
        "rule": "made up" if failed else "",
        "inert": "",
        "solved_at": 10 * seed - 1000 if solved else None,
        "loss": np.nan if failed else loss,
        "score": (np.nan if failed else {"solved": 1.0, "learning": 0.5}.get(diagnosis, 0.0)) if score is None else score,
        "metric": "accuracy",
        "metric_value": np.nan if failed else 0.5,
        "clipped_share": np.nan if failed else 0.0,
        "hidden_size": 8,
        "parameters": 99,
        "seconds": np.nan if failed else 0.25,
        "run_id": "" if phase == "tune" else f"run{seed}",
    }


def no_references():
    return references_frame([])


def dataset(plan, trials):
    """What sections and figures see of such a benchmark: its trials alone."""
    return Benchmark(plan=plan, context={}, times={}, trials=trials, long_tables=long_tables(), references=no_references())
