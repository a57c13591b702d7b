"""Records made by hand: a healthy training of a small network, of which a test changes one thing."""

import dataclasses

import numpy as np

from unvanish.suite.debugger.record import Evaluation, Input, Layer, Output, Probe, Record, Setup, Update

STEPS = (0, 1, 10, 100)
LAYERS = (
    Layer("rnn", "SimpleRNN", "tanh", "SimpleRNNCell", parameters=100),
    Layer("hidden", "Dense", "relu", parameters=100),
    Layer("dense", "Dense", "sigmoid", parameters=10),
)
OUTPUT = Output("answer", "binary_crossentropy", False, "sigmoid", 1, (1,), (1,), 0.4, 0.6, 0.0, 1.0, 0.5, True, 2, False)
INPUT = Input("x", True, 2.5, 1.0, 1.1, False)


def probe(step, **changes):
    names = [layer.name for layer in LAYERS]
    usual = {
        "step": step,
        "epoch": 0,
        "loss": 0.5,
        "gradient_norm": 1.0,
        "layer_gradient": dict.fromkeys(names, 0.5),
        "zero_gradient": dict.fromkeys(names, 0.0),
        "weight_norm": dict.fromkeys(names, 1.0),
        "unit_share": {"rnn": {"saturated": 0.0}, "hidden": {"dead": 0.1}, "dense": {"saturated": 0.0}},
        "nonfinite": (),
        "state_gradient": {"rnn": np.full(20, 0.1)},
        "input_gradient": np.full(20, 0.1),
        "spectral_radius": {"rnn": 1.0},
        "learning_rate": 1e-3,
    }
    return Probe(**{**usual, **changes})


def record(
    score=0.5,
    start_score=0.0,
    layers=LAYERS,
    output=None,
    given=None,
    losses=None,
    validation=(),
    learning_rate=1e-3,
    clipping=("", np.nan),
    update=1e-3,
    **of_probes,
):
    """A record whose model ends at a score; keywords that are a probe's change all probes."""
    constant = np.full(16, 0.7)
    setup = Setup(
        tuple(layers), (dataclasses.replace(INPUT, **(given or {})),), (dataclasses.replace(OUTPUT, **(output or {})),), "Adam", learning_rate, *clipping
    )
    return Record(
        setup,
        [probe(step, **of_probes) for step in STEPS],
        [Update(step, {layer.name: update for layer in LAYERS}, update) for step in STEPS[1:]],
        list(losses) if losses is not None else [0.5] * 100,
        list(validation),
        10,
        Evaluation(0, constant * (1 - start_score), constant, 0.1),
        Evaluation(100, constant * (1 - score), constant, 0.1),
    )


def layers_with(name, **changes):
    return [dataclasses.replace(layer, **changes) if layer.name == name else layer for layer in LAYERS]
