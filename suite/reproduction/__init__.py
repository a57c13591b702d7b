"""What the literature reports and this suite must measure again, one file a result.

A new one is a new file in this folder that calls its instance `RESULT`: what was published, the study that measures it, and
the tolerance, which is stated before anything is trained.
"""

from suite.reproduction.known_result import KnownResult, Measured, Tables
from tasks.registry import Registry

KNOWN_RESULTS: Registry[KnownResult] = Registry("suite.reproduction", kind="known result", constant="RESULT")

__all__ = ["KNOWN_RESULTS", "KnownResult", "Measured", "Tables"]
