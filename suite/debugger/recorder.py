"""Collects what is measured of a Keras model while it trains, as rows of the tables that trials of the suite have."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from unvanish.suite.tables.measurements import Array, Measurements

PROBES = {  # of the fixed batch: of the whole model, by layer, or both
    "loss": "in training mode",
    "gradient_norm": "of all weights together, NaN where a gradient is not finite; by layer, 0 where none reaches it",
    "learning_rate": "of the optimizer at this step",
    "zero_gradient_share": "share of a layer's gradient entries that are exactly zero",
    "dead_share": "share of a layer's ReLUs that are never above zero",
    "saturated_share": "share of a layer's units that are nearly always at an end of their range",
    "nonfinite_outputs": "1 where a layer has outputs that are not finite, else 0",
    "spectral_radius": "of the recurrent weights, the largest of its gates' for a gated cell",
    "update_ratio": "by layer: the norm of what one training step changed over that of the weights before it",
    "recurrent_change": "by recurrent layer: the norm of what a few training steps changed of its recurrent weights over that of those",
}


class Recorder:
    """Rows in the order in which they are measured."""

    def __init__(self) -> None:
        self.losses: list[float] = []  # [step]
        self.validation: dict[int, float] = {}  # by step, 1 for the first
        self.update_ratios: dict[int, float] = {}
        self.probe_rows: list[tuple[int, str, str, float]] = []  # step, probe, layer, value
        self.gradient_rows: list[tuple[int, str, str, int, Array]] = []  # step, layer, column, steps back of the first norm, [step back]

    def probe(self, step: int, name: str, value: float, layer: str = "") -> None:
        """One of `PROBES`, of the whole model or of a layer."""
        self.probe_rows.append((step, name, layer, value))

    def layers(self, step: int, name: str, values: Mapping[str, float]) -> None:
        """One of `PROBES` by layer."""
        self.probe_rows += [(step, name, layer, value) for layer, value in values.items()]

    def through_time(self, step: int, column: str, norms: Array, back: int, layer: str = "") -> None:
        """Norms of a gradient, [time]; the last is so many steps back from the end of the sequence."""
        self.gradient_rows.append((step, layer, column, back, norms[::-1]))

    def measurements(self) -> Measurements:
        """All rows so far as arrays."""
        steps = np.arange(1, len(self.losses) + 1)
        curves = {"step": steps, "training_loss": np.array(self.losses, float)}
        for name, values in (("loss", self.validation), ("update_ratio", self.update_ratios)):
            curves[name] = np.array([values.get(int(step), np.nan) for step in steps], float)
        kinds = {"step": np.int64, "probe": object, "layer": object, "value": float}
        probes = {name: np.array([row[place] for row in self.probe_rows], kind) for place, (name, kind) in enumerate(kinds.items())}
        probes["steps_back"] = np.full(len(self.probe_rows), np.nan)
        return Measurements(curves, probes, self.gradients())

    def gradients(self) -> dict[str, np.ndarray]:
        """The rows of gradients: one a step of training, layer and step back; the other columns are missing."""
        rows = self.gradient_rows
        columns = {
            "step": [np.full(len(norms), step) for step, *_, norms in rows],
            "layer": [np.full(len(norms), layer, object) for _, layer, *_, norms in rows],
            "steps_back": [np.arange(back, back + len(norms)) for *_, back, norms in rows],
            **{name: [norms if column == name else np.full(len(norms), np.nan) for _, _, column, _, norms in rows] for name in ("norm", "input_norm")},
        }
        return {name: np.concatenate(parts) if parts else np.array([]) for name, parts in columns.items()}
