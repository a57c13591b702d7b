"""The mitigations, one file each. To add one, add a file to this folder that names its class `MITIGATION`.

A + combines mitigations, and parentheses hold parameters: `find("gradient_clipping(threshold=0.3)+rmsprop")`.
"""

from unvanish.suite.mitigations.combination import MITIGATIONS, Combination, find, names_of_parts, ordered_mitigations, with_parameters
from unvanish.suite.mitigations.hook_checks import CheckedHooks, HookError
from unvanish.suite.mitigations.mitigation import InitContext, KerasCode, Mitigation, Params, Slots, StepContext, random_normal, random_uniform

__all__ = [
    "MITIGATIONS",
    "CheckedHooks",
    "Combination",
    "HookError",
    "InitContext",
    "KerasCode",
    "Mitigation",
    "Params",
    "Slots",
    "StepContext",
    "find",
    "names_of_parts",
    "ordered_mitigations",
    "random_normal",
    "random_uniform",
    "with_parameters",
]
