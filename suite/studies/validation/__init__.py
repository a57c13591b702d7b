"""A diagnosis is a prediction of what will help, and is measured as one: the same seed and rate, with one thing changed."""

from unvanish.suite.studies.validation.rescues import rescues
from unvanish.suite.studies.validation.study import DEVELOPMENT, HELD_OUT, STUDIES

__all__ = ["DEVELOPMENT", "HELD_OUT", "STUDIES", "rescues"]
