"""Where the first value of a training was born that is not finite."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = {
    "weights": "a weight is not finite before the first step",
    "operation": "what enters an operation is finite and of an ordinary size, and what leaves it, or its gradient, is not finite",
    "growth": "values grow over steps until they overflow",
    "half_precision": "a value is out of the range of half precision, and would be within that of single precision",
    "unknown": "no place was found",
}


@dataclass(frozen=True)
class NonFiniteOrigin:
    """
    kind       one of `KINDS`
    place      a clause's subject, such as "layer lambda" or "the loss mean_squared_error"; empty where none was found
    direction  forward or backward; empty for weights and for an unknown place
    step       the training step at which it was born; 0 is before the first
    samples    row numbers of the given data that are enough for it; empty where none are known
    magnitude  the largest absolute value of what entered the place, or for growth of the weights and layers' outputs; NaN where unknown
    examined   a clause on what was looked at
    """

    kind: str
    place: str
    direction: str
    step: int
    samples: tuple[int, ...] = ()
    magnitude: float = float("nan")
    examined: str = ""

    @property
    def sentence(self) -> str:
        """A clause: what was born where, when and with which samples."""
        if self.kind == "weights":
            return f"the first values that are not finite are weights of {self.place}, before training"
        if self.kind == "growth":
            where = f" in {self.place}" if self.place else ""
            return f"values grew up to {self.magnitude:.2g}{where} before one overflowed"
        if self.kind == "half_precision" and not self.place:
            return f"an update in half precision makes the first value that is not finite: {self.examined}"
        if not self.place:
            return f"where the first value that is not finite was born was not found: {self.examined}"
        what = "the gradient of" if self.direction == "backward" else "the output of"
        rows = f", with sample {self.samples[0]} of the given data" if self.samples else ""
        return f"the first value that is not finite is {what} {self.place}, at step {self.step}{rows}"
