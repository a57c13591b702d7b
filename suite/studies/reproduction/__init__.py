"""Published results that this suite must measure again, one file a result.

A new one is a new file in this folder that calls its instance `RESULT`: what was published, the study that measures it, and
the tolerance, which is stated before anything is trained.
"""

from unvanish.suite.experiment.profile import Profile
from unvanish.suite.studies.reproduction.known_result import KnownResult, Measurement, Tables
from unvanish.tasks.registry import Registry

KNOWN_RESULTS: Registry[KnownResult] = Registry("unvanish.suite.studies.reproduction", kind="known result", constant="RESULT")


def studies() -> list[Profile]:
    """Return the profiles that known results are measured by, each once."""
    return list({result.study.name: result.study for result in KNOWN_RESULTS if result.study}.values())


__all__ = ["KNOWN_RESULTS", "KnownResult", "Measurement", "Tables", "studies"]
