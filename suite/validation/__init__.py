"""A diagnosis is a prediction of what will help, and is measured as one: the same seed and rate, with one thing changed."""

from suite.validation.rescues import rescues
from suite.validation.study import DEVELOPMENT, HELD_OUT, STUDIES

__all__ = ["DEVELOPMENT", "HELD_OUT", "STUDIES", "rescues"]
