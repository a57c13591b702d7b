"""Long short-term memory, forward and back (Hochreiter & Schmidhuber 1997; the forget gate of Gers et al. 2000).

i, f, o = sigmoid(W_x x(t) + W_h h(t-1) + b_h), a row of weights for each gate;  the candidate n = tanh(...) likewise
c(t) = f c(t-1) + i n,   h(t) = o tanh(c(t)),   y(t) = W_y h(t) + b_y

On the way back dE/dc(t-1) = f dE/dc(t) + ...: the factor of a day is the forget gate, where the vanilla network has W_h^T g'.
"""

from __future__ import annotations

import numpy as np

from unvanish.suite.explain.activations import SIGMOID, TANH, Array
from unvanish.suite.explain.backpropagation import Pass
from unvanish.suite.explain.recurrence import Weights, error, error_of_output

INPUT, FORGET, CANDIDATE, OUTPUT = range(4)  # in Keras' order
GATES = (SIGMOID, SIGMOID, TANH, SIGMOID)
FORGET_BIAS = 1.0


def around(vanilla: Weights) -> Weights:
    """An LSTM whose candidate has the weights of a vanilla network; its gates have no weights yet, and a forget bias of 1."""
    W_x, W_h, b_h = (np.zeros((4, *weight.shape)) for weight in vanilla[:3])
    W_x[CANDIDATE], W_h[CANDIDATE], b_h[CANDIDATE] = vanilla[:3]
    b_h[FORGET] = FORGET_BIAS
    return Weights(W_x, W_h, b_h, vanilla.W_y, vanilla.b_y)


def through_time(weights: Weights, x: Array, actual: Array, counted: Array) -> Pass:
    """Inputs x [time, sequence, input], what is actual [time, sequence, output], and which days count [time].

    The weights are W_x [gate, hidden, input], W_h [gate, hidden, hidden], b_h [gate, hidden], W_y [output, hidden], b_y [output].
    """
    W_x, W_h, b_h, W_y, b_y = weights
    time, sequences, _ = x.shape
    state = (sequences, b_h.shape[1])
    gates = np.zeros((time, 4, *state))
    h, c = np.zeros((time, *state)), np.zeros((time, *state))
    h_before, c_before = np.zeros_like(h), np.zeros_like(c)  # h(t-1) and c(t-1)
    for t in range(time):
        if t:
            h_before[t], c_before[t] = h[t - 1], c[t - 1]
        z = np.einsum("si,ghi->gsh", x[t], W_x) + np.einsum("sk,ghk->gsh", h_before[t], W_h) + b_h[:, None]
        gates[t] = [gate.g(of_gate) for gate, of_gate in zip(GATES, z, strict=True)]
        i, f, n, o = gates[t]
        c[t] = f * c_before[t] + i * n
        h[t] = o * np.tanh(c[t])
    y = h @ W_y.T + b_y

    of_y = error_of_output(y, actual, counted)
    of_c, of_z = np.zeros_like(c), np.zeros_like(gates)
    of_h_after, of_c_after = np.zeros(state), np.zeros(state)
    for t in reversed(range(time)):
        i, f, n, o = gates[t]
        of_h = of_y[t] @ W_y + of_h_after
        of_c[t] = of_h * o * TANH.slope(np.tanh(c[t])) + of_c_after
        of_gates = (of_c[t] * n, of_c[t] * c_before[t], of_c[t] * i, of_h * np.tanh(c[t]))
        of_z[t] = [gate.slope(value) * of_gate for gate, value, of_gate in zip(GATES, gates[t], of_gates, strict=True)]
        of_h_after, of_c_after = np.einsum("gsh,ghk->sk", of_z[t], W_h), f * of_c[t]
    gradients = Weights(
        W_x=np.einsum("tgsh,tsi->ghi", of_z, x),
        W_h=np.einsum("tgsh,tsk->ghk", of_z, h_before),
        b_h=of_z.sum(axis=(0, 2)),
        W_y=np.einsum("tso,tsh->oh", of_y, h),
        b_y=of_y.sum(axis=(0, 1)),
    )
    return Pass(h, y, error(y, actual, counted), gradients, of_c, gates[:, FORGET])
