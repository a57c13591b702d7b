"""A diagnosis is a prediction of what will help, and is measured as one: the same seed and rate, with one thing changed."""

from suite.validation.rescues import SPLITS, rescues
from suite.validation.study import STUDIES

__all__ = ["SPLITS", "STUDIES", "rescues"]
