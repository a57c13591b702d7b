"""A case where truncation harms: influence balancing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unvanish.suite.studies.reproduction.known_result import KnownResult, Measurement, Tables

UNITS, POSITIVE, RATE, STEPS = 23, 10, 1e-4, 20_000
DIVERGES, CONVERGES = (10, 20, 30), (50, 100, STEPS)  # steps that the gradient goes back; STEPS is the whole past
START, FAR_OFF, CLOSE = 0.5, 1e6, 1e-6


@dataclass(frozen=True)
class LinearChain:
    """s(t+1) = A s(t) + theta b, with A(i, i) = A(i, i+1) = 1/2 and b = 1 for the first `positive` of the units, -1 for the others.

    One parameter, theta, is learned; the loss of a step is (s_1(t) - 1)^2 / 2. What theta does to the first unit within a few
    steps has the opposite sign of what it does to it in the long run, since the far units act against the near ones.
    """

    units: int = UNITS
    positive: int = POSITIVE

    @property
    def transition(self) -> NDArray[np.float64]:
        """A, [unit, unit]."""
        return 0.5 * np.eye(self.units) + 0.5 * np.eye(self.units, k=1)

    @property
    def drive(self) -> NDArray[np.float64]:
        """b, [unit]."""
        return np.where(np.arange(self.units) < self.positive, 1.0, -1.0)

    def derivative(self, window: int) -> float:
        """d s_1 / d theta when backpropagation goes back over the last `window` steps: sum over k < window of e_1' A^k b.

        It does not depend on the step, since the chain is linear; for the whole past it tends to e_1' (1 - A)^-1 b.
        """
        backwards, total = np.eye(self.units)[0], 0.0
        for _ in range(window):
            total += float(backwards @ self.drive)
            backwards = self.transition.T @ backwards
        return total

    def train(self, window: int, rate: float = RATE, steps: int = STEPS) -> NDArray[np.float64]:
        """The loss of each step of gradient descent on theta, one update a step, [step]; shorter where theta goes to infinity."""
        transition, drive, derivative = self.transition, self.drive, self.derivative(window)
        state, theta, losses = np.zeros(self.units), START, []
        for _ in range(steps):
            state = transition @ state + theta * drive
            error = state[0] - 1
            losses.append(error**2 / 2)
            theta -= rate * error * derivative
            if not abs(theta) < FAR_OFF:
                break
        return np.array(losses)


def measure(_: Tables) -> Measurement:
    """Train the chain at each window; no trial of the benchmark is needed."""
    chain = LinearChain()
    ends = {window: chain.train(window)[-1] for window in (*DIVERGES, *CONVERGES)}
    start = chain.train(1, steps=1)[0]
    reproduced = all(not ends[window] <= start for window in DIVERGES) and all(ends[window] <= CLOSE for window in CONVERGES)
    words = [f"{'the whole past' if window == STEPS else window}: loss {loss:.1e}" for window, loss in ends.items()]
    return Measurement(f"from {start:.2g}, at the end with a gradient that goes back {'; '.join(words)}", reproduced)


RESULT = KnownResult(
    name="influence balancing",
    source="Tallec & Ollivier 2017, arXiv 1702.05043",
    published=(
        f"a chain of {UNITS} linear units, {POSITIVE} of them driven upwards and the others downwards: truncated backpropagation follows the "
        "short-term influence of the parameter, which has the wrong sign, and diverges; with a window long enough it converges"
    ),
    expected=f"with windows of {', '.join(map(str, DIVERGES))} steps the loss ends above where it began; from {CONVERGES[0]} steps on it ends below {CLOSE:g}",
    position=8,
    study=None,
    measure=measure,
)
