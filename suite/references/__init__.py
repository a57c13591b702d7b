"""Reference predictors without a memory of their own, one file each: what scikit-learn makes of the same sequences.

A new one is a new file in this folder that calls its instance `REFERENCE`.
"""

from unvanish.suite.references.reference import REFERENCES, Reference, ReferenceResult, evaluate, fingerprint, test_set

__all__ = ["REFERENCES", "Reference", "ReferenceResult", "evaluate", "fingerprint", "test_set"]
