"""The mitigations, one file each. A new one is a new file in this folder that calls its class `MITIGATION`.

Names joined by + are used together, and parameters stand in parentheses: `find("gradient_clipping(threshold=0.3)+rmsprop")`.
"""

from unvanish.suite.mitigations.combination import MITIGATIONS, Combination, find, in_order, names_of_parts, with_parameters
from unvanish.suite.mitigations.mitigation import KerasCode, Memory, Mitigation, Now, Parameters

__all__ = ["MITIGATIONS", "Combination", "KerasCode", "Memory", "Mitigation", "Now", "Parameters", "find", "in_order", "names_of_parts", "with_parameters"]
