"""Accuracy, as scikit-learn's `accuracy_score`."""

from unvanish.tasks.metrics.metric import Metric


def measure(outputs, targets, task):
    """Return the share of the answers whose largest logit is that of the right class."""
    return (outputs.argmax(axis=-1) == targets).mean()


METRIC = Metric(
    name="accuracy",
    summary="share of the answers that are the right class",
    kind="classification",
    measure=measure,
    share=True,
    position=1,
)
