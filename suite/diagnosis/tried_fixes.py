"""Changes of a training program that were tried, and what each did to the error on held-out rows. Nothing here needs TensorFlow."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from unvanish.suite.tables.measurements import Array

STANDARD_ERRORS = 2.0  # by which a difference, or a skill, must be above zero
MIN_DIFFERENCE = 0.05  # of the skill: a smaller gain does not count, however sure
MAX_ERROR = 10.0  # times the simple predictor's: what the error of a single row counts at most, also where it is not finite

VERDICTS = {
    "helped": "the skill is higher by more than chance, and above that of the simple predictor",
    "not_enough": "the skill is higher by more than chance, and still not above that of the simple predictor",
    "did_not_help": "the skill is not higher by more than chance",
    "overfits": "the training data are fitted better, and the held-out rows worse",
    "failed": "the changed program cannot be built or trained",
    "not_tried": "there was no time left",
}


@dataclass(frozen=True, eq=False)
class Scores:
    """The errors of one program, trained once a seed, each divided by the mean error of the best simple predictor on the held-out rows.

    steps      at which held-out rows were predicted, [point]
    curve      the skill there, [seed, point]
    held_out   the errors at the end, [seed, row]; training the same of a sample of the training rows
    balanced   as `held_out`, of errors of classification in which every class counts alike; empty for numbers
    """

    steps: Array
    curve: Array
    held_out: Array
    training: Array
    balanced: Array

    @property
    def skill(self) -> float:
        """1 - error / error of the simple predictor."""
        return float(1 - self.held_out.mean())

    @property
    def training_skill(self) -> float:
        """The same for rows that it was trained on."""
        return float(1 - self.training.mean())

    @property
    def balanced_skill(self) -> float:
        """The same for balanced accuracy: 0 for a constant, 1 for no error; NaN for numbers."""
        return float(1 - self.balanced.mean()) if self.balanced.size else float("nan")


@dataclass(frozen=True)
class Difference:
    """A mean and its standard error."""

    mean: float
    standard_error: float

    @property
    def is_positive(self) -> bool:
        """Return whether it is above zero by more than chance, and by enough to count."""
        return self.mean > STANDARD_ERRORS * self.standard_error and self.mean >= MIN_DIFFERENCE

    @property
    def is_negative(self) -> bool:
        """Return whether the opposite is positive."""
        return Difference(-self.mean, self.standard_error).is_positive


def mean_difference(differences: Array) -> Difference:
    """The mean of paired differences, [seed, row], and a standard error that counts both: other seeds, and other held-out rows.

    All seeds share their held-out rows, so the seeds alone would not show how far chance in these rows goes.
    """
    seeds, rows = differences.shape
    variance = differences.mean(axis=1).var(ddof=1) / seeds if seeds > 1 else 0.0
    variance += differences.mean(axis=0).var(ddof=1) / rows if rows > 1 else 0.0
    return Difference(float(differences.mean()), float(np.sqrt(variance)))


def verdict(unchanged: Scores, changed: Scores, balanced: bool = False) -> tuple[str, Difference]:
    """One of `VERDICTS`, and the difference of the skills; of the balanced accuracy where the change is meant for it."""
    before, after = (scores.balanced if balanced else scores.held_out for scores in (unchanged, changed))
    difference = mean_difference(before - after)
    if difference.is_positive:
        above_simple = mean_difference(1 - after)
        return ("helped" if above_simple.mean > STANDARD_ERRORS * above_simple.standard_error else "not_enough"), difference
    if difference.is_negative and mean_difference(unchanged.training - changed.training).is_positive:
        return "overfits", difference
    return "did_not_help", difference


@dataclass(frozen=True, eq=False)
class TriedFix:
    """One change and what it did.

    fix      the name of its kind
    change   in a few words, with its numbers
    causes   the findings that propose it; empty for several changes together
    verdict  one of `VERDICTS`
    reason   why it failed or was not tried; empty for others
    code     Keras code for it
    balanced whether it is judged by balanced accuracy
    """

    fix: str
    change: str
    causes: tuple[str, ...]
    verdict: str
    reason: str = ""
    code: str = ""
    scores: Scores | None = None
    difference: Difference | None = None  # of the skills with and without; None where the program cannot be trained without
    balanced: bool = False

    @property
    def skill(self) -> float:
        """The skill that it is judged by; NaN where it was not trained."""
        if self.scores is None:
            return float("nan")
        return self.scores.balanced_skill if self.balanced else self.scores.skill

    @property
    def sentence(self) -> str:
        """The verdict with its figures, for a terminal."""
        if self.scores is None:
            return f"{self.change}: {'could not be tried' if self.verdict == 'failed' else 'not tried'}, {self.reason}"
        said = {
            "helped": "helped",
            "not_enough": "better, but still no better than the simple prediction",
            "did_not_help": "tried, did not help",
            "overfits": "tried, fits the training data better and the held-out rows worse",
        }[self.verdict]
        what = "balanced skill" if self.balanced else "skill"
        if self.difference is None:
            return f"{self.change}: {said} ({what} {shown(self.skill)})"
        return (
            f"{self.change}: {said} ({what} {shown(self.skill)}, difference {self.difference.mean:+.2f} "
            f"± {STANDARD_ERRORS * self.difference.standard_error:.2f})"
        )


@dataclass(frozen=True, eq=False)
class TriedFixes:
    """All changes that were tried of one training program, each alone, and those that helped together.

    note       a sentence where nothing was tried; empty otherwise
    measure    the error that the skill is made of, such as absolute error
    simple     the best simple predictor, such as the median of the targets, and its mean error on the held-out rows
    unchanged  the program as it is; None where it cannot be trained, and why in `unchanged_reason`
    """

    note: str = ""
    measure: str = ""
    simple: str = ""
    simple_error: float = float("nan")
    rows: int = 0
    steps: int = 0
    seeds: int = 0
    seconds: float = 0.0
    time_limit: float = 0.0
    unchanged: Scores | None = None
    unchanged_reason: str = ""
    fixes: tuple[TriedFix, ...] = ()
    together: TriedFix | None = None

    @cached_property
    def helped(self) -> tuple[TriedFix, ...]:
        """The changes that helped, the one with the highest skill first."""
        return tuple(sorted((fix for fix in self.fixes if fix.verdict == "helped"), key=lambda fix: -fix.skill))

    @property
    def summary(self) -> str:
        """One sentence on what came of it."""
        if self.note:
            return self.note
        counts = Counter(fix.verdict for fix in self.fixes)
        trained = sum(fix.scores is not None for fix in self.fixes)
        parts = [f"{counts['helped'] or 'none'} of {trained} changes helped"]
        if counts["failed"]:
            parts.append(f"{counts['failed']} could not be tried")
        if counts["not_tried"]:
            parts.append(f"{counts['not_tried']} not tried within {self.time_limit:g} seconds")
        return f"{'; '.join(parts)}."

    @property
    def setting(self) -> str:
        """What the numbers are, in one sentence."""
        return (
            f"each trained for {self.steps} steps from the same weights with {self.seeds} orders of the batches; skill is 1 - {self.measure} / that of "
            f"{self.simple} ({self.simple_error:.3g}), on {self.rows} rows held out"
        )

    @property
    def baseline_sentence(self) -> str:
        """What the unchanged program reaches."""
        if self.unchanged is None:
            return f"unchanged: cannot be trained ({self.unchanged_reason})"
        return f"unchanged: skill {shown(self.unchanged.skill)}"

    def lines(self) -> list[str]:
        """A few lines for a terminal or a log."""
        if self.note:
            return [self.note]
        together = [f"together, {self.together.sentence}"] if self.together else []
        tried = [fix for fix in self.fixes if fix.verdict != "not_tried"]
        missing = [fix.change for fix in self.fixes if fix.verdict == "not_tried"]
        left = [f"not tried within {self.time_limit:g} seconds: {', '.join(missing)}"] if missing else []
        return [self.summary, f"({self.setting})", self.baseline_sentence, *(fix.sentence for fix in tried), *together, *left]

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON and the page."""
        if self.note:
            return {"note": self.note}
        unchanged = self.unchanged
        names = ("note", "measure", "simple", "simple_error", "rows", "steps", "seeds", "seconds", "time_limit", "unchanged_reason")
        return {name: getattr(self, name) for name in names} | {
            "summary": self.summary,
            "setting": self.setting,
            "standard_errors": STANDARD_ERRORS,
            "min_difference": MIN_DIFFERENCE,
            "unchanged": scores_data(unchanged),
            "fixes": [fix_data(fix, unchanged) for fix in self.fixes],
            "together": fix_data(self.together, unchanged) if self.together else None,
            "helped": [fix.fix for fix in self.helped],
        }


def fix_data(fix: TriedFix, unchanged: Scores | None) -> dict[str, Any]:
    """One change as plain data, with the skills without and with it as they are shown."""
    names = ("fix", "change", "causes", "verdict", "reason", "code", "balanced", "skill", "sentence")
    difference = {"mean": fix.difference.mean, "standard_error": fix.difference.standard_error} if fix.difference else None
    without = (unchanged.balanced_skill if fix.balanced else unchanged.skill) if unchanged else float("nan")
    words = {"skill_without": shown(without), "skill_with": shown(fix.skill)}
    return {name: getattr(fix, name) for name in names} | words | {"scores": scores_data(fix.scores), "difference": difference}


def scores_data(scores: Scores | None) -> dict[str, Any] | None:
    """The scores without the errors of single rows."""
    if scores is None:
        return None
    names = ("steps", "curve", "skill", "training_skill", "balanced_skill")
    return {name: getattr(scores, name) for name in names}


def shown(skill: float) -> str:
    """A skill with two digits; one far below zero says only that, and one that is not known nothing."""
    if skill != skill:
        return ""
    return "below -1" if skill < -1 else f"{round(skill, 2) + 0.0:.2f}"
