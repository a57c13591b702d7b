"""Inputs times a constant, in training and afterwards."""

from pydantic import PositiveFloat

from unvanish.plugins import Mitigation


class InputScale(Mitigation):
    """x <- factor x."""

    name = "input_scale"
    summary = "the inputs are multiplied by a constant"
    against = "vanishing"
    reference = "-"

    factor: PositiveFloat = 2.0

    @staticmethod
    def transform_inputs(inputs, context, params):
        return params["factor"][:, None, None] * inputs


MITIGATION = InputScale
