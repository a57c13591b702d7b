"""The largest sizes, numbers and names that a profile may have: beyond what any machine trains, so that a slip is told before memory is asked for.

What fits the memory of this machine is another question; see `unvanish.suite.execution.memory`.
"""

from __future__ import annotations

from unvanish.tasks.errors import UsageError

MAX_HIDDEN = 16_384  # units: a recurrent kernel of 1 GiB
MAX_MATCHED_HIDDEN = 1 << 24  # units of a model that is given as many parameters as a larger one
MAX_BATCH = 1_000_000  # sequences
MAX_STEPS = 100_000_000
MAX_SEQUENCES = 10_000_000  # of a set to evaluate on
MAX_SEED = 2**31 - 1  # the compiled programs hold it as int32
MAX_RATES = 1_000
MAX_WHOLE_NUMBER = 2**63 - 1  # of TOML
MAX_DEPTH = 10  # lists and tables in each other
MAX_CONDITIONS = 50_000
MAX_TRIALS = 1_000_000
MAX_NAME = 1_000  # characters, of a combination of mitigations too
MAX_TEXT = 10_000  # characters of a description or a selection


def check_number_of_conditions(lags: int, models: int, mitigations: int, trials: int) -> None:
    """Raise `UsageError` for more conditions than a plan may have, or more trials; `trials` are those of a condition."""
    conditions = lags * models * mitigations
    if conditions > MAX_CONDITIONS:
        raise UsageError(
            f"it has {conditions:,} conditions, {lags:,} lags of tasks with {models:,} models and {mitigations:,} mitigations; "
            f"the most are {MAX_CONDITIONS:,}, so divide it into several profiles"
        )
    if conditions * trials > MAX_TRIALS:
        raise UsageError(
            f"it has {conditions * trials:,} trials, up to {trials:,} for each of {conditions:,} conditions; "
            f"the most are {MAX_TRIALS:,}, so give fewer seeds or learning rates"
        )
