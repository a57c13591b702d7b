"""The role of a condition in a comparison: a cure, the unmitigated training it is compared with, or a control."""

from __future__ import annotations

import pandas as pd

from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.mitigations import MITIGATIONS, names_of_parts
from unvanish.suite.models import MODELS

UNMITIGATED, CURE, CONTROL = "unmitigated", "cure", "control"
POOLED = "any"  # the mitigation of a row that pools a control model's trials over all mitigations


def is_control_model(model: str) -> bool:
    """Return whether it has no state, so that no mitigation can matter to it: all its conditions are one control."""
    return model in MODELS.names and MODELS[model].memoryless


def is_of_control_model(table: pd.DataFrame) -> pd.Series:
    """Return which rows are of a control model, as booleans."""
    return table.model.isin([model for model in table.model.unique() if is_control_model(model)])


def is_control_mitigation(mitigation: str) -> bool:
    """Return whether a mitigation, or one of those that it joins, is there to compare with, not to help."""
    return any(MITIGATIONS[part].against == CONTROL for part in names_of_parts(mitigation) if part in MITIGATIONS.names)


def role(model: str, mitigation: str) -> str:
    """The role of a model with a mitigation, which may be a combination."""
    if is_control_model(model) or is_control_mitigation(mitigation):
        return CONTROL
    return UNMITIGATED if mitigation == "none" else CURE


def recurrent_models(plan: PlanRecord) -> list[str]:
    """The models of a plan that have a state, in its order."""
    return [model for model in plan.profile.models if not is_control_model(model)]


def pooled(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the rows of control models under one mitigation, `POOLED`."""
    return table.assign(mitigation=table.mitigation.where(~is_of_control_model(table), POOLED))
