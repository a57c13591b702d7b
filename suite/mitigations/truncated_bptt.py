"""Backpropagate a limited number of time steps."""

from suite.mitigations.mitigation import Mitigation

MITIGATION = Mitigation(
    name="truncated_bptt",
    summary="the gradient goes back over windows of a few steps, counted from the end of the sequence",
    against="exploding",
    reference="Williams & Peng 1990; the source document, S11",
    position=2,
    rows="S11",
    parameters={"window": 10},
    change=lambda window: {"truncation": window},
    not_applicable=lambda model: None if model.recurrent else "there is no state to backpropagate through",
    no_gradient=lambda task, parameters: (
        f"no gradient from the information's step: it is {task.information_distance} or more steps back, "
        f"and the gradient goes back {parameters['window'] - 1:g}"
        if task.information_distance >= parameters["window"]
        else None
    ),
)
