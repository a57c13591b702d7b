"""The tables of a benchmark: each column's type, unit and meaning, from which files are typed and columns.md is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from unvanish.suite.experiment.trial import GRADIENTS as GRADIENT_NORMS
from unvanish.suite.experiment.tuning import STOPPED
from unvanish.suite.probes import series


@dataclass(frozen=True)
class Column:
    """One column; `dtype` is a type of pandas, `Int64` where a whole number can be missing. The unit is empty for a word, a count or a share."""

    dtype: str
    meaning: str
    unit: str = ""


Table = dict[str, Column]

LOSS = "nats (cross-entropy), or squared units, mean over the outputs (regression)"
STEP = "training step"
TIME_STEP = "time step"

KEY_OF_CONDITION: Table = {
    "task": Column("str", "name of the task"),
    "lag": Column("int64", "steps between the information and its use", TIME_STEP),
    "model": Column("str", "name of the model"),
    "mitigation": Column("str", "name of the mitigation, several joined by +; none is plain SGD"),
}
KEY_OF_TRIAL: Table = {
    **KEY_OF_CONDITION,
    "phase": Column("str", "tune: the learning rate is chosen by it; evaluate: its test set is what is reported"),
    "learning_rate": Column("float64", "learning rate; missing for an evaluation trial that failed, since none was chosen"),
    "seed": Column("int64", "seed of the initial weights and the sequences; trials of one seed see the same sequences"),
}
KEY = list(KEY_OF_TRIAL)  # identifies a trial within a benchmark, in every table that has rows of trials
MEASURED: Table = {name: Column("float64", measured.meaning, measured.unit) for name, measured in series().items()}  # by the registered probes
AT_LAST_PROBE = ("saturated_share", "dead_share", "spectral_radius", "largest_singular_value")
VERDICT: Table = {
    "diagnosis": Column("str", "one word made of outcome and cause"),
    "outcome": Column("str", "what the trial reached: solved, learning, baseline (no better than without memory), diverged, failed"),
    "cause": Column("str", "the first event; none_seen where there was none; empty for a failed trial. A trial that solved its task has one too"),
    "events": Column("str", "all events inside the trial in the order of their steps, as event@step joined by ;"),
    "rule": Column("str", "the sentence with the figures that decided"),
    "onset_step": Column("Int64", "since when the outcome holds; at the baseline, when the first event was seen", STEP),
    "inert": Column("str", "what of the mitigation never acted on the trial; empty where all of it did"),
    "solved_at": Column("Int64", "first evaluation that met the criterion, of a trial that ends solved; missing for others", STEP),
}
TRIALS: Table = {
    "benchmark": Column("str", "name of the profile"),
    **KEY_OF_TRIAL,
    "steps": Column("int64", "budget of the trial", STEP),
    "status": Column("str", "finished, or failed: it could not be run to its end"),
    "copy_of": Column("str", "the mitigation whose trial at this rate and seed it equals to the bit, as its own could not act; empty where it was trained"),
    **VERDICT,
    "diverged_at": Column("Int64", "when loss, gradient or weights were no longer finite; missing where they always were", STEP),
    "loss": Column("float64", "at the end: of the test set (evaluate) or the validation set (tune); missing if the trial diverged or failed", LOSS),
    "score": Column("float64", "0 for the task's memoryless baseline, 1 for perfect; 0 for a trial that diverged, missing for one that failed"),
    "metric": Column("str", "name of the metric"),
    "metric_value": Column("float64", "the metric on the same set as the loss"),
    "max_gradient_norm": Column("float64", "largest finite norm of the gradient of all weights, before clipping", "loss a weight"),
    "clipped_share": Column("float64", "share of the steps at which clipping changed the gradient"),
    **{name: replace(MEASURED[name], meaning=f"{MEASURED[name].meaning}, at the last probe") for name in AT_LAST_PROBE},
    "hidden_size": Column("int64", "hidden units"),
    "parameters": Column("Int64", "numbers the network learns"),
    "seconds": Column("float64", "time of the trial, as its share of the program that trained it with others; of a copy, that of the original", "second"),
    "run_id": Column("str", "run in MLflow"),
}
JUDGEMENT = [*VERDICT, "score"]  # the columns of a trial that its rules decide; all others were measured
CONDITIONS: Table = {
    **KEY_OF_CONDITION,
    "role": Column("str", "cure, unmitigated (what a cure is compared with), or control (a frozen state, a model without one)"),
    "state": Column("str", "run; partly failed: some of its evaluation trials could not be run to their end; failed: none could; not run; not applicable"),
    "failure": Column("str", "why evaluation trials could not be run; empty where all were"),
    "note": Column("str", "that no gradient comes from the information's step, or why the condition is not applicable"),
    "inert": Column("str", "what of the mitigation never acted in any of its evaluation trials"),
    "hidden_size": Column("Int64", TRIALS["hidden_size"].meaning),
    "parameters": TRIALS["parameters"],
    "n_solved": Column("int64", "evaluation trials that solved the task"),
    "n_trials": Column("int64", "evaluation trials that were run to their end; one that diverged is one that did not solve the task"),
    "n_failed": Column("int64", "further evaluation trials that could not be run, and show nothing"),
    "success_rate": Column("float64", "n_solved / n_trials"),
    "success_low": Column("float64", "lower bound of Wilson's 95 % interval of the success rate"),
    "success_high": Column("float64", "upper bound of the same"),
    "score": Column("float64", "median score of the evaluation trials that were run"),
    "steps_to_solved": Column("float64", "step by which half of the evaluation trials that were run have solved the task; missing where fewer do", STEP),
    "steps_low": Column("float64", "lower bound of the 95 % interval of that step; missing where the trials leave it open", STEP),
    "steps_high": Column("float64", "upper bound of the same", STEP),
    "diagnoses": Column("str", "diagnoses of the evaluation trials, with their counts"),
    "cause": Column("str", "most frequent cause of the evaluation trials that were not solved; of equals, the first word"),
    "n_cause": Column("Int64", "how many of them have it"),
    "learning_rate": Column("float64", "the one that tuning chose; missing where trials failed"),
    "search_stopped": Column("str", "why no further learning rate was tried: " + "; ".join(f"{reason}, {why}" for reason, why in STOPPED.items())),
    "n_rates": Column("Int64", "learning rates that were tried"),
    "rates_tried": Column("str", "these, ascending, joined by a comma"),
    "lowest_rate": Column("float64", "the lowest of them"),
    "highest_rate": Column("float64", "the highest of them"),
    "n_rates_solved": Column("Int64", "learning rates at which every tuning trial solved the task, on the validation set"),
    "width": Column("float64", "those in decades, each counted as one step of the grid: a measure of how little the condition must be tuned", "decade"),
    "width_open": Column("str", "below, above or both where the lowest or highest rate tried is one of them, so that the width is at least this"),
    "solved_from": Column("float64", "lowest rate from which up to the chosen one every tuning trial solved; missing where those at the chosen one did not"),
    "solved_to": Column("float64", "highest rate to which from the chosen one every tuning trial solved; missing likewise"),
    **{
        f"expected_best_of_{k}": Column("float64", f"expected share of tuning trials solved at the best of {k} tried {'rates' if k > 1 else 'rate'} at random")
        for k in (1, 2, 3)
    },
    "n_rates_tied": Column("Int64", "other rates whose range of tuning losses overlaps that of the chosen one; missing with one tuning seed"),
    "tuning_loss": Column("float64", "mean validation loss of the tuning seeds at the chosen rate", LOSS),
    "tuning_loss_low": Column("float64", "lowest of them; missing with one tuning seed", LOSS),
    "tuning_loss_high": Column("float64", "highest of them; missing with one tuning seed", LOSS),
    "clipped_share": Column("float64", "mean share of the steps at which clipping changed the gradient, over the trials that were run"),
    "difference": Column("float64", "mean difference in score to none, of trials of one seed; missing where no test could come out significant"),
    "p": Column("float64", "two-sided p of that difference, by a paired permutation test"),
    "p_holm": Column("float64", "p corrected by Holm's procedure for the cures of the task, lag and model"),
}
# The next three are recorded of a user's Keras model too, without the key of a trial and with the column `layer`: see suite/debugger/callback.py.
CURVES: Table = {
    **KEY_OF_TRIAL,
    "step": Column("int64", "when the network was evaluated", STEP),
    "loss": Column("float64", "on the validation set; missing once the trial has diverged", LOSS),
    "metric_value": Column("float64", "the task's metric on the validation set; missing once the trial has diverged"),
    "score": Column("float64", "on the validation set; 0 once the trial has diverged"),
    "training_loss": Column("float64", "mean over the steps since the last evaluation", LOSS),
    "gradient_norm": Column("float64", "largest norm of the gradient since the last evaluation, before clipping", "loss a weight"),
    "gradient_norm_median": Column("float64", "median norm of the gradient over the same steps", "loss a weight"),
    "clipped_share": Column("float64", "share of the same steps at which clipping changed the gradient"),
    "update_ratio": Column("float64", "median length of a step since the last evaluation, relative to the norm of the weights"),
}
PROBES: Table = {
    **KEY_OF_TRIAL,
    "step": Column("int64", "when the network was probed; 0 is before training", STEP),
    "probe": Column("str", "what was measured: " + "; ".join(f"{name}, {column.meaning}" for name, column in MEASURED.items() if name not in GRADIENT_NORMS)),
    "steps_back": Column("Int64", "of a figure by time step, how far that is from the end of the sequence", TIME_STEP),
    "value": Column("float64", "what was measured; its unit is that of the probe"),
}
GRADIENTS: Table = {
    **KEY_OF_TRIAL,
    "step": PROBES["step"],
    "steps_back": Column("int64", "how far the state is from the end of the sequence", TIME_STEP),
    **{name: MEASURED[name] for name in GRADIENT_NORMS},
}
REFERENCES: Table = {
    **{name: KEY_OF_CONDITION[name] for name in ("task", "lag")},
    "reference": Column("str", "name of the reference predictor, by scikit-learn"),
    "loss": Column("float64", "on the test set of the trials", LOSS),
    **{name: TRIALS[name] for name in ("score", "metric")},
    "metric_value": Column("float64", "the metric on the test set"),
    "fingerprint": Column("str", "identifies the task, budget and code it was measured with"),
}
STEP_COSTS: Table = {
    **KEY_OF_CONDITION,
    "fingerprint": Column("str", "identifies the condition, its code and libraries"),
    "milliseconds": Column("float64", "median time of a training step of one trial, timed alone; missing where the condition could not be run", "millisecond"),
    "ratio": Column("float64", "median of that time over that of a step without mitigation, timed in turn; of none, over that of none itself"),
    "ratio_low": Column("float64", "lower quartile of the same"),
    "ratio_high": Column("float64", "upper quartile of the same"),
    "pairs": Column("int64", "how often the two were timed"),
}

FILES: dict[str, tuple[str, Table]] = {
    "trials.csv, trials.parquet": ("one row a trial, tuning and evaluation", TRIALS),
    "conditions.csv": ("one row a condition, run or not, and those that are not applicable", CONDITIONS),
    "curves.parquet": ("one row a trial and evaluation", CURVES),
    "probes.parquet": ("one row a trial, probe step and figure that was measured; norms of gradients are in gradients.parquet", PROBES),
    "gradients.parquet": ("one row a trial, probe and step back in time", GRADIENTS),
    "references.csv": ("one row a reference predictor, task and lag", REFERENCES),
    "step_costs.csv": ("one row a condition of the first task at its longest lag whose training step was timed", STEP_COSTS),
}


def typed(frame: pd.DataFrame, table: Mapping[str, Column]) -> pd.DataFrame:
    """The frame with the types of a table's columns, all of which it must have."""
    return frame.astype({name: column.dtype for name, column in table.items()})


def empty(table: Mapping[str, Column]) -> pd.DataFrame:
    """A frame without rows."""
    return typed(pd.DataFrame(columns=list(table)), table)


def markdown() -> str:
    """The content of columns.md."""
    parts = ["# Columns of the tables\n\nA missing value is empty in CSV and null in Parquet.\n"]
    for files, (content, columns) in FILES.items():
        rows = [f"| {name} | {column.unit} | {column.meaning} |" for name, column in columns.items()]
        parts.append("\n".join([f"## {files}\n", f"{content[0].upper()}{content[1:]}.\n", "| column | unit | meaning |", "|---|---|---|", *rows]) + "\n")
    return "\n".join(parts)
