"""Keras trainings made by hand: a healthy one of a small network, of which a test changes one thing."""

import dataclasses

import numpy as np

from unvanish.suite.debugger.recorder import Recorder
from unvanish.suite.diagnosis.keras_training import Input, KerasTraining, Layer, Output, Setup
from unvanish.suite.diagnosis.outcomes import Evaluation

STEPS = (0, 1, 10, 100)
LAYERS = (
    Layer("rnn", "SimpleRNN", "tanh", "SimpleRNNCell", parameters=100),
    Layer("hidden", "Dense", "relu", parameters=100),
    Layer("dense", "Dense", "sigmoid", parameters=10),
)
NAMES = [layer.name for layer in LAYERS]
OUTPUT = Output("answer", "binary_crossentropy", False, "sigmoid", 1, (1,), (1,), 0.4, 0.6, 0.0, 1.0, 0.5, True, False)
INPUT = Input("x", True, 2.5, 1.0, False)
SHARES = {"rnn": {"saturated": 0.0}, "hidden": {"dead": 0.1}, "dense": {"saturated": 0.0}}


def record(
    score=0.5,
    start_score=0.0,
    layers=LAYERS,
    output=None,
    given=None,
    losses=(0.5,) * 100,
    validation=(),
    learning_rate=1e-3,
    clipping=("", np.nan),
    update=1e-3,
    gradient_norms=(1.0,) * 4,
    layer_gradient=None,
    unit_share=None,
    nonfinite=(),
    state_gradient=None,
    recurrent_changes=(),
    data=None,
    comparisons=(),
):
    """A training that ends at a score.

    `validation` has a loss an epoch of 10 steps; `gradient_norms` one a measurement, of which the first four are at `STEPS`; `layer_gradient`,
    `unit_share`, `nonfinite` and `state_gradient`, [time], are the same at each; `recurrent_changes` has one every 4 steps.
    """
    constant = np.full(16, 0.7)
    changed = (dataclasses.replace(INPUT, **(given or {})),), (dataclasses.replace(OUTPUT, **(output or {})),)
    setup = Setup(tuple(layers), *changed, "Adam", learning_rate, *clipping)
    rows = Recorder()
    rows.losses = list(losses)
    rows.validation = {10 * epoch: loss for epoch, loss in enumerate(validation, 1)}
    rows.update_ratios = dict.fromkeys(STEPS[1:], update)
    for step in STEPS[1:]:
        rows.layers(step, "update_ratio", dict.fromkeys(NAMES, update))
    for step, norm in zip([*STEPS, *range(101, 1000)], gradient_norms, strict=False):
        for name, value in (("loss", 0.5), ("gradient_norm", norm), ("learning_rate", 1e-3)):
            rows.probe(step, name, value)
        rows.layers(step, "gradient_norm", dict.fromkeys(NAMES, 0.5) if layer_gradient is None else layer_gradient)
        rows.layers(step, "nonfinite_outputs", {name: float(name in nonfinite) for name in NAMES})
        for layer, shares in (SHARES if unit_share is None else unit_share).items():
            for name, share in shares.items():
                rows.probe(step, f"{name}_share", share, layer)
        for layer, norms in ({"rnn": np.full(20, 0.1)} if state_gradient is None else state_gradient).items():
            rows.through_time(step, "norm", np.asarray(norms), 1, layer)
        rows.probe(step, "spectral_radius", 1.0, "rnn")
    for reading, change in enumerate(recurrent_changes, 1):
        rows.probe(4 * reading, "recurrent_change", change, "rnn")
    start, end = (Evaluation(step, constant * (1 - reached), constant) for step, reached in ((0, start_score), (100, score)))
    return KerasTraining(setup, rows.measurements(), 10, start, end, data=data, comparisons=comparisons)


def layers_with(name, **changes):
    return [dataclasses.replace(layer, **changes) if layer.name == name else layer for layer in LAYERS]
