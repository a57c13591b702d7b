"""The metrics of tasks: what the outputs at the scored steps are worth, as one number. One file each, which names its instance `METRIC`."""

from unvanish.tasks.metrics.metric import Metric
from unvanish.tasks.registry import Registry

METRICS: Registry[Metric] = Registry("unvanish.tasks.metrics", "metric", "METRIC", lambda thing: isinstance(thing, Metric))

__all__ = ["METRICS", "Metric"]
