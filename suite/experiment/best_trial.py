"""The evaluation trial that represents a condition where only one can be shown."""

from collections.abc import Sequence

from unvanish.suite.experiment.trial import Result


def best_trial(results: Sequence[Result]) -> Result | None:
    """The evaluation trial with the highest score on the test set; of equals, the one with the lowest loss, then the lowest seed.

    None where no evaluation trial of these could be trained to finite figures.
    """
    candidates = [result for result in results if result.trial.phase == "evaluate" and result.trained and result.trained.diverged_at is None]
    return min(candidates, key=lambda result: (-result.score, result.trained.loss if result.trained else 0.0, result.trial.seed), default=None)
