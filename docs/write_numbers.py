"""Write the measured numbers of README.md and docs/*.md from stored results: python docs/write_numbers.py, or with --check only compare.

A number stands between two comments, `<!-- begin: NAME -->` and `<!-- end: NAME -->`; the function of `BLOCKS` with this name writes what is
between them. `python docs/store.py RESULTS` stores new results.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from packaging.specifiers import SpecifierSet

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path.insert(0, str(ROOT))  # the scores of the corpus are computed where its tests compute them

from tests.diagnosis import corpus, drawn, reported
from tests.performance.scale import exponent
from unvanish.reports.statistics.success import wilson_interval
from unvanish.suite.experiment.tuning import CAP
from unvanish.suite.tables.schema import markdown

BLOCK = re.compile(r"(<!-- begin: ([\w-]+) -->\n)(.*?)(<!-- end: \2 -->)", re.DOTALL)
CONTESTANTS = {"jax_scan": "JAX, vmap and scan", "pytorch_loop": "PyTorch, loop", "keras_compiled": "Keras, compiled loop", "keras_fit": "Keras, fit"}


@dataclass(frozen=True)
class Stored:
    """A benchmark that is stored in a folder of docs; `python docs/store.py` wrote it."""

    folder: Path

    @cached_property
    def plan(self) -> dict[str, Any]:
        return read_json(self.folder / "plan.json")

    @cached_property
    def context(self) -> dict[str, str]:
        return read_json(self.folder / "context.json")

    @cached_property
    def conditions(self) -> pd.DataFrame:
        """The conditions that were run, one row each."""
        table = pd.read_csv(self.folder / "conditions.csv", keep_default_na=False, na_values={"learning_rate": "", "success_rate": ""})
        return table[table.state == "run"]

    @cached_property
    def trials(self) -> pd.DataFrame:
        """The trials, tuning and evaluation."""
        return pd.read_parquet(self.folder / "trials.parquet")

    @property
    def recurrent(self) -> pd.DataFrame:
        """The conditions of networks with a state that is trained: what is compared."""
        return self.conditions[self.conditions.role != "control"]

    @property
    def at_longest_lags(self) -> pd.DataFrame:
        """The conditions at the longest lag of each task."""
        return self.conditions[self.conditions.lag == self.conditions.groupby("task").lag.transform("max")]

    @property
    def models(self) -> list[str]:
        return list(dict.fromkeys(self.recurrent.model))

    @property
    def longest_lags(self) -> str:
        """As in `adding 50, temporal_order 60`."""
        return ", ".join(f"`{task}` {lag}" for task, lag in self.at_longest_lags[["task", "lag"]].drop_duplicates().itertuples(index=False))


QUICK, REFERENCE = Stored(DOCS / "quick"), Stored(DOCS / "reference")
FIXED_GRID = Stored(DOCS / "fixed-grid")  # quick before its grid of learning rates could grow: conditions.csv and context.json


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def share(count: int, of: int) -> str:
    """`11 of 15 [0.48, 0.89]`, with Wilson's 95 % interval."""
    low, high = wilson_interval(count, of)
    return f"{count} of {of} [{low:.2f}, {high:.2f}]"


def solved(conditions: pd.DataFrame) -> str:
    """How many trials of these conditions solved their task."""
    return share(int(conditions.n_solved.sum()), int(conditions.n_trials.sum()))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """In Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


# Benchmarks


def provenance(stored: Stored) -> str:
    """When, where and of which code a stored benchmark is, and what it trained."""
    context, phases, name = stored.context, stored.trials.phase.value_counts(), stored.folder.name
    return (
        f"Profile `{name}`, run on {context['date']} at commit {context['git_commit'][:12]}, TensorFlow {context['tensorflow']}, "
        f"{context['cores']} cores ({context['device']}): {len(stored.conditions):,} conditions, {phases['tune']:,} tuning trials and "
        f"{phases['evaluate']:,} evaluation trials. Stored in [docs/{name}]({name}/conditions.csv)."
    )


def clock_time() -> str:
    """How long a benchmark takes."""
    context, counts = QUICK.context, QUICK.plan["counts"]
    return (
        f"The profile `quick` trains {counts['trials']:,} to {counts['most_trials']:,} trials; how many depends on what the first ones reach. "
        f"With {context['workers']} workers on {context['cores']} cores ({context['device']}) it trained {len(QUICK.trials):,} "
        f"in {float(context['minutes']):.0f} minutes on {context['date']}, the report included."
    )


def cures(stored: Stored, names: Sequence[str] = ()) -> str:
    """Solved of tried at the longest lags: a row a recurrent model, a column a mitigation."""
    chosen = stored.at_longest_lags[stored.at_longest_lags.model.isin(stored.models)]
    groups = dict(iter(chosen.groupby(["model", "mitigation"])))
    names = names or list(dict.fromkeys(chosen.mitigation))
    return table(
        ["", *(f"`{name}`" for name in names)],
        [[f"`{model}`", *(solved(groups[model, name]) if (model, name) in groups else "-" for name in names)] for model in stored.models],
    )


def rates(stored: Stored) -> str:
    """Which learning rates were tried, why the searches stopped, and what that leaves open."""
    grid, chosen = stored.plan["profile"]["learning_rates"], stored.recurrent
    at_cap = int((chosen.search_stopped == CAP).sum())
    further = f", and further ones, up to {grid['most']}, where the best of them was at an edge or none left the baseline" if grid["most"] else ""
    left_open = "; so a further rate may be better there, and a trial that is not solved says nothing of other rates" if at_cap else ""
    return (
        f"Each condition tried {grid['count']} learning rates, a factor {grid['ratio']:g} apart{further}. In {at_cap} of {len(chosen)} conditions (controls "
        f"not counted) the search stopped because no more were allowed{left_open}."
    )


def grid_growth() -> str:
    """What the growing grid changed in quick: solved trials at the longest lags, and the cost."""
    names = ["none", "gradient_clipping", "rmsprop", "relu"]
    groups = [dict(iter(stored.at_longest_lags.groupby(["model", "mitigation"]))) for stored in (FIXED_GRID, QUICK)]
    rows = [[f"`{model}`", *(str(int(group[model, name].n_solved.sum())) for name in names for group in groups)] for model in QUICK.models]
    of = int(next(iter(groups[0].values())).n_trials.sum())
    counts, first = QUICK.plan["counts"], [len(condition["learning_rates"]) for condition in QUICK.plan["conditions"]]
    tuned = QUICK.trials[QUICK.trials.phase == "tune"]
    grids = {(row["task"], row["lag"], row["model"], row["mitigation"]): row["learning_rates"] for row in QUICK.plan["conditions"]}
    further = np.array([row.learning_rate not in grids[row.task, row.lag, row.model, row.mitigation] for row in tuned.itertuples()])
    seconds = QUICK.trials.seconds.sum()
    stopped = QUICK.recurrent.search_stopped.value_counts()
    return "\n\n".join(
        [
            f"Solved of {of} trials at the longest lags, with {first[0]} rates and with the grid that grows:",
            table(["", *(f"`{name}`, {grid}" for name in names for grid in (f"{first[0]} rates", "grows"))], rows),
            f"The search stopped: {', '.join(f'{reason} {count}' for reason, count in stopped.items())}, of {len(QUICK.recurrent)} conditions. It took "
            f"{len(tuned):,} tuning trials where {first[0]} rates take {counts['tuning_trials']:,}: of the time of all trials, "
            f"{tuned.seconds[further].sum() / seconds:.0%} went to the further rates.",
        ]
    )


def no_gradient(stored: Stored) -> str:
    """The mitigations with which no gradient reaches the information at any of the longest lags; empty where there are none."""
    chosen = stored.at_longest_lags[stored.at_longest_lags.role != "control"]
    none = chosen.groupby("mitigation").note.apply(lambda notes: bool((notes != "").all()))
    names = " and ".join(f"`{name}`" for name in none.index[none])
    return f"With {names} no gradient reaches the information at these lags. " if names else ""


def finding() -> str:
    """The cures at the longest lags of quick, for a first reader."""
    rows = QUICK.at_longest_lags.groupby(["model", "mitigation"])
    none, clipping, rmsprop = (("rnn", name) for name in ("none", "gradient_clipping", "rmsprop"))
    return (
        f"At the longest lag of each task of `quick` ({QUICK.longest_lags}), an `rnn` solves {solved(rows.get_group(none))} trials without a cure, "
        f"{solved(rows.get_group(clipping))} with gradient clipping and {solved(rows.get_group(rmsprop))} with RMSprop. "
        "In brackets are 95 % intervals. For each recurrent network:\n\n"
        + cures(QUICK, ["none", "truncated_bptt", "gradient_clipping", "rmsprop", "relu"])
        + f"\n\n{no_gradient(QUICK)}{rates(QUICK)}"
    )


def causes(stored: Stored) -> str:
    """Why trials without a cure fail at the longest lags, by the most frequent first event of each condition."""
    plain = stored.at_longest_lags[(stored.at_longest_lags.mitigation == "none") & (stored.at_longest_lags.role != "control")]
    rows = [
        [
            *(f"`{row.model}`", f"`{row.task}` {row.lag}", f"{row.learning_rate:g} of {row.rates_tried}", f"{row.n_solved} of {row.n_trials}"),
            *(row.diagnoses, f"{row.cause} ({row.n_cause})" if row.cause else ""),
        ]
        for row in plain.sort_values("model", key=lambda column: column.map(stored.models.index), kind="stable").itertuples()
    ]
    return table(["model", "task and lag", "learning rate, of those tried", "solved", "diagnoses", "most frequent cause of the others"], rows)


def by_lag(stored: Stored) -> str:
    """Solved trials of every condition with a state: a table a model, a row a task and lag, a column a mitigation."""
    parts = []
    for model in stored.models:
        rows = stored.conditions[stored.conditions.model == model]
        counts = rows.pivot(index=["task", "lag"], columns="mitigation", values="n_solved")[list(dict.fromkeys(rows.mitigation))]
        of = int(rows.n_trials.max())
        body = [[f"`{task}` {lag}", *(f"{count:.0f}" for count in line)] for (task, lag), line in zip(counts.index, counts.to_numpy(), strict=True)]
        parts.append(f"`{model}`, solved of {of} trials:\n\n" + table(["", *(f"`{name}`" for name in counts.columns)], body))
    return "\n\n".join(parts)


def profiles() -> str:
    """What each profile that ships is, from its file."""
    rows = []
    for path in sorted((ROOT / "suite" / "profiles").glob("*.toml")):
        profile = tomllib.loads(path.read_text(encoding="utf-8"))
        seeds = (str(len(profile[f"{phase}_seeds"])) for phase in ("tuning", "evaluation"))
        lags = sum(len(entry["lags"]) for entry in profile["task"])
        rows.append([f"`{path.stem}`", str(lags), str(len(profile["mitigations"])), str(profile["learning_rates"]["count"]), *seeds, str(profile["steps"])])
    return table(["profile", "tasks x lags", "mitigations", "learning rates", "tuning seeds", "evaluation seeds", "steps"], rows)


def python_versions() -> str:
    """What is needed to run it, from pyproject.toml."""
    required = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    versions = [f"3.{minor}" for minor in range(30) if SpecifierSet(required).contains(f"3.{minor}")]
    choice = f"{', '.join(versions[:-1])} or {versions[-1]}" if len(versions) > 1 else versions[0]
    return f"Python {choice} and `make` are needed. The first command makes the environment `.venv` from the lock file."


# Diagnosis


def columns() -> str:
    """The tables of `columns.md`, without its heading."""
    return markdown().partition("\n\n")[2].strip()


def rules() -> str:
    """The rules that judge a Keras training, in causal order, as they describe themselves."""
    from unvanish.suite.diagnosis.rules import RULES

    judging = sorted((rule for rule in RULES if rule.keras), key=lambda rule: rule.keras.position)
    return table(["cause", "found where", "checked for"], [[rule.name, *criterion] for rule in judging for criterion in rule.keras.criteria.items()])


def corpus_scores() -> str:
    """The programs that no threshold was set on, scored by tool."""
    rows = [row for row in read_json(ROOT / "tests/diagnosis/measured/corpus.json") if row["half"] == "held_out"]
    tools = {"unvanish": "diagnosed", **{tool: tool for tool in corpus.BASELINES}}
    return table(
        [f"{len(rows)} programs that no threshold was set on", "detected", "cause right", "false alarms"],
        [[tool, *(share(*counts) for counts in corpus.scored(rows, key).values())] for tool, key in tools.items()],
    )


def report_scores() -> str:
    """The programs after public reports that no threshold was set on, scored by tool."""
    rows = [row for row in read_json(ROOT / "tests/diagnosis/measured/reports.json") if row["half"] == "held_out"]
    faulty = sum(bool(row["known"]) for row in rows)
    tools = {"unvanish": "diagnosed", **{tool: tool for tool in corpus.BASELINES}}
    return table(
        [f"{faulty} programs after public reports, faulty and repaired", "detected", "cause right", "false alarms"],
        [[tool, *(share(*counts) for counts in corpus.scored(rows, key).values())] for tool, key in tools.items()],
    )


def report_causes() -> str:
    """How often each rule is right on the programs after public reports that no threshold was set on."""
    rows = [row for row in read_json(ROOT / "tests/diagnosis/measured/reports.json") if row["half"] == "held_out"]
    return table(["cause", "found of those that have it", "right where it is named first"], reported.by_cause(rows))


def drawn_scores() -> str:
    """False alarms of the programs drawn at random."""
    rows = read_json(ROOT / "tests/diagnosis/measured/drawn.json")
    healthy = [row for row in rows if (row["fresh_score"] or 0) > drawn.HEALTHY_SCORE]
    alarms = sum(bool(row["diagnosed"]) for row in healthy)
    beat = f"{len(healthy)} beat a constant on fresh data"
    return f"Of {len(rows)} further programs, drawn at random from usual settings, {beat}. False alarms among these: {share(alarms, len(healthy))}."


def validation() -> str:
    """What diagnoses predict, by cause and remedy; how to measure it where nothing is stored."""
    path = DOCS / "validation" / "rescues.csv"
    if not path.exists():
        return "No result of `make validate` is stored. Run it, then `python docs/store.py results`, and its table stands here."
    from unvanish.reports.tables.validation import accuracy, failed_trials, rescued
    from unvanish.suite.diagnosis.predictions import OWN_BEST, SAME

    rows = pd.read_csv(path)
    context, counts, scores = read_json(path.parent / "context.json"), rescued(rows), accuracy(rows)
    remedies = list(dict.fromkeys(counts.remedy))
    cells = {(row.cause, row.rate, row.remedy): f"{'**' * row.predicted}{row.n_rescued} of {row.n_trials}{'**' * row.predicted}" for row in counts.itertuples()}
    right = {
        (row.rate, row.remedy): [
            share(row.n_right, row.n_trials) if row.rate == SAME else f"{row.n_right} of {row.n_trials}",
            f"{row.most_frequent:.2f}",
        ]
        for row in scores.itertuples()
    }
    body = [
        [f"`{cause}`", f"{rate} rate", *(cells.get((cause, rate, remedy), "") for remedy in remedies)]
        for cause in dict.fromkeys(counts.cause)
        for rate in (SAME, OWN_BEST)
    ]
    body += [
        [answer, f"{rate} rate", *(right.get((rate, remedy), ["", ""])[place] for remedy in remedies)]
        for place, answer in enumerate(["the prediction is right", "the more frequent answer is right"])
        for rate in (SAME, OWN_BEST)
    ]
    head = (
        f"{len(failed_trials(rows))} trials, measured on {context['date']} at commit {context['git_commit'][:12]}; rescued of tried, at the learning rate of "
        "the trial that failed and at the remedy's own best rate, bold where a rescue at that rate was predicted:"
    )
    return f"{head}\n\n" + table(["cause", "rate", *(f"`{remedy}`" for remedy in remedies)], body)


# Speed


def peers() -> str:
    """One training step of one trial here and by other libraries, on all cores of one machine."""
    stored = read_json(ROOT / "tests/performance/measured/peers.json")
    groups: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in stored["rows"]:
        groups.setdefault((row["size"], row["model"]), {})[row["contestant"]] = row
    rows = []
    for (size, model), found in groups.items():
        own = pd.Series(found["cohort"]["milliseconds"]).median()
        slower = (f"{found[name]['ratio']:.1f}" if name in found else "-" for name in CONTESTANTS)
        rows.append([size, f"`{model}`", f"{own:.3f}", f"{found['cohort']['limit_milliseconds'] / own:.2f}", *slower])
    head = ["steps / hidden / batch", "model", "ms", "share of the limit", *(f"{title}: times slower" for title in CONTESTANTS.values())]
    return f"Measured on {stored['cores']} cores, {stored['trials']} trials side by side:\n\n" + table(head, rows)


def growth() -> str:
    """How the time of a training step grows."""
    stored = read_json(ROOT / "tests/performance/measured/growth.json")
    rows = [
        [name, f"{line['values'][0]} to {line['values'][-1]}", f"{line['milliseconds'][0]:.1f} to {line['milliseconds'][-1]:.1f}", f"{line['exponent']:.2f}"]
        for name, line in stored.items()
    ]
    return table(["number of", "from, to", "ms a step of the cohort, from, to", "exponent"], rows)


def scale() -> str:
    """What is done with a stored benchmark, by the number of its trials."""
    stored = read_json(ROOT / "tests/performance/measured/scale.json")
    parts = {
        "plan": "`unvanish plan`",
        "resume": "the look at what is done already, when a run is gone on with",
        "read": "`unvanish.load`",
        "report": "`unvanish report`",
        "ui": "`unvanish ui` until it answers",
        "search": "the search of the first view",
    }
    trials = [entry["trials"] for entry in stored]
    rows = []
    for part, name in parts.items():
        costs = [entry["costs"][part] for entry in stored]
        seconds = [cost["cpu"] for cost in costs]
        rows.append([name, *(f"{cost['cpu']:.1f} s, {cost['megabytes']:.0f} MB" for cost in costs), f"{exponent(trials, seconds):.2f}"])
    for part, name in (("page", "report.html"), ("database", "mlflow.db")):
        rows.append([name, *(f"{entry['megabytes'][part]:.1f} MB" for entry in stored), ""])
    return table(["", *(f"{count:,} trials" for count in trials), "exponent of the seconds"], rows)


BLOCKS: dict[str, Callable[[], str]] = {
    "python-versions": python_versions,
    "clock-time": clock_time,
    "finding": finding,
    "quick-provenance": lambda: provenance(QUICK),
    "quick-cures": lambda: cures(QUICK),
    "quick-rates": lambda: no_gradient(QUICK) + rates(QUICK),
    "quick-causes": lambda: causes(QUICK),
    "quick-by-lag": lambda: by_lag(QUICK),
    "grid-growth": grid_growth,
    "reference-provenance": lambda: provenance(REFERENCE),
    "reference-rates": lambda: rates(REFERENCE),
    "reference-by-lag": lambda: by_lag(REFERENCE),
    "profiles": profiles,
    "columns": columns,
    "rules": rules,
    "corpus": corpus_scores,
    "reports": report_scores,
    "report-causes": report_causes,
    "drawn": drawn_scores,
    "validation": validation,
    "peers": peers,
    "growth": growth,
    "scale": scale,
}


def pages() -> list[Path]:
    """The files that have blocks, or may have."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]


def filled(text: str) -> str:
    """A page with its blocks written anew; raises `KeyError` for a block that no function writes."""
    return BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found[2]]()}\n{found[4]}", text)


def write() -> None:
    """Write every block of every page."""
    for path in pages():
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")


def outdated() -> list[str]:
    """A line for every block that is not what its function writes: `results.md: peers`."""
    return [
        f"{path.name}: {name}"
        for path in pages()
        for _, name, content, _ in BLOCK.findall(path.read_text(encoding="utf-8"))
        if content != f"{BLOCKS[name]()}\n"
    ]


def main(arguments: Sequence[str]) -> int:
    if "--check" not in arguments:
        write()
        return 0
    differing = outdated()
    for line in differing:
        print(f"{line} differs from the stored results; python docs/write_numbers.py writes it anew", file=sys.stderr)
    return int(bool(differing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
