"""The mitigations, one file each. A new one is a new file in this folder that calls its instance `MITIGATION`.

Names joined by + are used together: `find("gradient_clipping+rmsprop")`.
"""

from collections.abc import Mapping

from suite.mitigations.mitigation import Mitigation, combine
from tasks.errors import WrongUse
from tasks.registry import Registry

MITIGATIONS: Registry[Mitigation] = Registry("suite.mitigations", kind="mitigation", constant="MITIGATION")


def find(name: str, parameters: Mapping[str, Mapping[str, float]] | None = None) -> Mitigation:
    """The mitigation or the combination called `name`, with parameters by mitigation; raises `WrongUse` for what does not exist."""
    chosen = parameters or {}
    parts = [MITIGATIONS[part].with_parameters(chosen.get(part, {})) for part in name.split("+")]
    if len({part.name for part in parts}) < len(parts) or (len(parts) > 1 and any(part.name == "none" for part in parts)):
        raise WrongUse(f"the mitigation {name!r} names something twice or with 'none'; join different mitigations, as in gradient_clipping+rmsprop")
    return parts[0] if len(parts) == 1 else combine(parts)


__all__ = ["MITIGATIONS", "Mitigation", "find"]
