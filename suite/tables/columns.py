"""What every column of every file that a report writes means, and its unit: the one source for columns.md and the page."""

from __future__ import annotations

from dataclasses import dataclass

from unvanish.suite.experiment.trial import GRADIENTS as GRADIENT_NORMS
from unvanish.suite.probes import series
from unvanish.suite.tables.frames import AT_LAST_PROBE


@dataclass(frozen=True)
class Column:
    """The unit is empty for a word, a count or a share."""

    meaning: str
    unit: str = ""


LOSS = "nats (cross-entropy) or squared units (regression)"
STEP = "training step"

KEY = {
    "task": Column("name of the task"),
    "lag": Column("steps between the information and its use", "time step"),
    "model": Column("name of the model"),
    "mitigation": Column("name of the mitigation, several joined by +; none is plain SGD"),
}
TRIAL_KEY = {
    **KEY,
    "phase": Column("tune: the learning rate is chosen by it; evaluate: its test set is what is reported"),
    "learning_rate": Column("learning rate; missing for an evaluation trial that failed, since none was chosen"),
    "seed": Column("seed of the initial weights and the sequences; trials of one seed see the same sequences"),
}
MEASURED = {name: Column(found.meaning, found.unit) for name, found in series().items()}  # what the registered probes measure
TRIALS = {
    "benchmark": Column("name of the profile"),
    **TRIAL_KEY,
    "steps": Column("budget of the trial", STEP),
    "status": Column("finished, or failed: it could not be run to its end"),
    "diagnosis": Column("one word made of outcome and cause"),
    "outcome": Column("what the trial reached: solved, learning, baseline (no better than without memory), diverged, failed"),
    "cause": Column("the first event; 'none seen' where there was none; empty for a failed trial. A trial that solved its task has one too"),
    "events": Column("all events inside the trial in the order of their steps, as event@step joined by ;"),
    "rule": Column("the sentence with the figures that decided"),
    "onset_step": Column("since when the outcome holds; at the baseline, when the first event was seen", STEP),
    "inert": Column("what of the mitigation never acted on the trial; empty where all of it did"),
    "solved_at": Column("first evaluation that met the criterion, of a trial that ends solved; missing for others", STEP),
    "diverged_at": Column("when loss, gradient or weights were no longer finite; missing where they always were", STEP),
    "loss": Column("at the end: of the test set (evaluate) or the validation set (tune); missing if the trial diverged or failed", LOSS),
    "score": Column("0 for the task's memoryless baseline, 1 for perfect; 0 for a trial that diverged or failed"),
    "metric": Column("name of the metric"),
    "metric_value": Column("the metric on the same set as the loss"),
    "max_gradient_norm": Column("largest finite norm of the gradient of all weights, before clipping", "loss a weight"),
    "clipped_share": Column("share of the steps at which clipping changed the gradient"),
    **{name: Column(f"{column.meaning}, at the last probe") for name, column in MEASURED.items() if name in AT_LAST_PROBE},
    "hidden_size": Column("hidden units"),
    "parameters": Column("numbers the network learns"),
    "seconds": Column("time of the trial, as its share of the program that trained it with others", "second"),
    "run_id": Column("run in MLflow"),
}
CONDITIONS = {
    **KEY,
    "role": Column("cure, unmitigated (what a cure is compared with), or control (a frozen state, a model without one)"),
    "state": Column("run; failed: a trial could not be run to its end; not run; not applicable"),
    "note": Column("that no gradient comes from the information's step, or why the condition is not applicable"),
    "inert": Column("what of the mitigation never acted in any of its evaluation trials"),
    "hidden_size": TRIALS["hidden_size"],
    "parameters": TRIALS["parameters"],
    "n_solved": Column("evaluation trials that solved the task"),
    "n_trials": Column("evaluation trials; one that diverged or failed is one that did not solve the task"),
    "success_rate": Column("n_solved / n_trials"),
    "success_low": Column("lower bound of Wilson's 95 % interval of the success rate"),
    "success_high": Column("upper bound of the same"),
    "score": Column("median score of the evaluation trials"),
    "steps_to_solved": Column("step by which half of the evaluation trials have solved the task; missing where fewer do", STEP),
    "steps_low": Column("lower bound of the 95 % interval of that step; missing where the trials leave it open", STEP),
    "steps_high": Column("upper bound of the same", STEP),
    "seconds": Column("median time of an evaluation trial", "second"),
    "diagnoses": Column("diagnoses of the evaluation trials, with their counts"),
    "cause": Column("most frequent cause of the evaluation trials that were not solved; of equals, the first word"),
    "n_cause": Column("how many of them have it"),
    "learning_rate": Column("the one that tuning chose; missing where trials failed"),
    "rate_at_edge": Column("lowest or highest where it is the end of its grid, and a better one may lie beyond"),
    "n_rates_solved": Column("learning rates at which every tuning trial solved the task, on the validation set"),
    "n_rates": Column("learning rates of the grid"),
    "n_rates_tied": Column("other rates whose range of tuning losses overlaps that of the chosen one; missing with one tuning seed"),
    "tuning_loss": Column("mean validation loss of the tuning seeds at the chosen rate", LOSS),
    "tuning_loss_low": Column("lowest of them; missing with one tuning seed", LOSS),
    "tuning_loss_high": Column("highest of them; missing with one tuning seed", LOSS),
    "clipped_share": Column("mean share of the steps at which clipping changed the gradient, over the trials that were run"),
    "difference": Column("mean difference in score to none, of trials of one seed; missing where no test could come out significant"),
    "p": Column("two-sided p of that difference, by a paired permutation test"),
    "p_holm": Column("p corrected by Holm's procedure for the cures of the task, lag and model"),
}
CURVES = {
    **TRIAL_KEY,
    "step": Column("when the network was evaluated", STEP),
    "loss": Column("on the validation set; missing once the trial has diverged", LOSS),
    "metric_value": Column("the task's metric on the validation set; missing once the trial has diverged"),
    "score": Column("on the validation set; 0 once the trial has diverged"),
    "training_loss": Column("mean over the steps since the last evaluation", LOSS),
    "gradient_norm": Column("largest norm of the gradient since the last evaluation, before clipping", "loss a weight"),
    "gradient_norm_median": Column("median norm of the gradient over the same steps", "loss a weight"),
    "clipped_share": Column("share of the same steps at which clipping changed the gradient"),
    "update_ratio": Column("median length of a step since the last evaluation, relative to the norm of the weights"),
}
PROBES = {
    **TRIAL_KEY,
    "step": Column("when the network was probed; 0 is before training", STEP),
    "probe": Column("what was measured: " + "; ".join(f"{name}, {column.meaning}" for name, column in MEASURED.items() if name not in GRADIENT_NORMS)),
    "steps_back": Column("of a figure by time step, how far that is from the end of the sequence", "time step"),
    "value": Column("what was measured; its unit is that of the probe"),
}
GRADIENTS = {
    **TRIAL_KEY,
    "step": PROBES["step"],
    "steps_back": Column("how far the state is from the end of the sequence", "time step"),
    **{name: MEASURED[name] for name in GRADIENT_NORMS},
}
REFERENCES = {
    **{name: KEY[name] for name in ("task", "lag")},
    "reference": Column("name of the reference predictor, by scikit-learn"),
    "loss": Column("on the test set of the trials", LOSS),
    **{name: TRIALS[name] for name in ("score", "metric")},
    "metric_value": Column("the metric on the test set"),
    "fingerprint": Column("identifies the task, budget and code it was measured with"),
}

FILES: dict[str, tuple[str, dict[str, Column]]] = {
    "trials.csv, trials.parquet": ("one row a trial, tuning and evaluation", TRIALS),
    "conditions.csv": ("one row a condition, run or not, and those that are not applicable", CONDITIONS),
    "curves.parquet": ("one row a trial and evaluation", CURVES),
    "probes.parquet": ("one row a trial, probe step and figure that was measured; norms of gradients are in gradients.parquet", PROBES),
    "gradients.parquet": ("one row a trial, probe and step back in time", GRADIENTS),
    "references.csv": ("one row a reference predictor, task and lag", REFERENCES),
}


def markdown() -> str:
    """The content of columns.md."""
    parts = ["# Columns of the tables\n\nA missing value is empty in CSV and null in Parquet.\n"]
    for files, (what, columns) in FILES.items():
        rows = [f"| {name} | {column.unit} | {column.meaning} |" for name, column in columns.items()]
        parts.append("\n".join([f"## {files}\n", f"{what[0].upper()}{what[1:]}.\n", "| column | unit | meaning |", "|---|---|---|", *rows]) + "\n")
    return "\n".join(parts)
