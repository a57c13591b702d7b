"""Cells that differ from those that ship in what is recurrent, what has an activation and how many states there are."""

import tensorflow as tf

from unvanish.suite.models import Cell, Gate


class OnlyGateRecurrent(Cell):
    """f = sigmoid(x W_f + h U + b_f);  h(t) = f h(t-1) + (1 - f) g(x W + b): only the gate depends on the state."""

    name, recurrent = "only_gate_recurrent", True
    gates = (Gate("forget", "sigmoid", keeps=1), Gate("candidate", "activation", recurrent=False))

    def combine(self, gates, states, activation):
        f, candidate = gates
        return (f * states[0] + (1 - f) * candidate,)


class TwoCandidates(Cell):
    """h(t) = (g(x W_1 + h U_1 + b_1) + g(x W_2 + h U_2 + b_2)) / 2."""

    name, recurrent = "two_candidates", True
    gates = (Gate("first", "activation"), Gate("second", "activation"))

    def combine(self, gates, states, activation):
        return ((gates[0] + gates[1]) / 2,)


class Linear(Cell):
    """h(t) = x W + h U + b: without an activation."""

    name, recurrent = "linear", True
    gates = (Gate("state", "identity"),)

    def combine(self, gates, states, activation):
        return tuple(gates)


class Elementwise(Cell):
    """h(t) = g(x W + b + h(t-1) / 2): no gate depends on the state, which comes in with `combine`; its activation is called by words of TensorFlow."""

    name, recurrent = "elementwise", True
    gates = (Gate("input", "identity", recurrent=False),)

    def combine(self, gates, states, activation):
        return (activation(tf.add(gates[0], 0.5 * states[0])),)


class ThreeStates(Cell):
    """A slow and a fast memory, of which the hidden state is a gated sum: m(t) = 0.9 m(t-1) + 0.1 z, s(t) = 0.5 s(t-1) + 0.5 z, h(t) = o g(m + s)."""

    name, recurrent = "three_states", True
    states = ("hidden", "slow", "fast")
    gates = (Gate("candidate", "activation"), Gate("output", "sigmoid"))

    def combine(self, gates, states, activation):
        z, o = gates
        slow, fast = 0.9 * states[1] + 0.1 * z, 0.5 * states[2] + 0.5 * z
        return o * activation(slow + fast), slow, fast


CELLS = (OnlyGateRecurrent(), TwoCandidates(), Linear(), Elementwise(), ThreeStates())
