"""The threshold to clip the gradient at, from the norms that were recorded (AutoClip, Seetharaman et al. 2020), or that none can help."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unvanish.suite.diagnosis.keras_training import KerasTraining
from unvanish.suite.diagnosis.rules.exploded import SPIKE, spike
from unvanish.suite.diagnosis.rules.vanished import VANISHED
from unvanish.suite.mitigations.autoclip import AutoClip

PERCENTILES = (10, 50, 90, 99)
AUTOCLIP_PERCENTILE = float(AutoClip.model_fields["percentile"].default)


@dataclass(frozen=True)
class ClipAdvice:
    """
    needed         whether the norms have spikes that clipping would cut
    threshold      that AutoClip's percentile of the norms suggests; NaN where no norm is finite
    percentiles    of the recorded norms, by percentile
    clipped_share  share of the recorded norms above the threshold that the optimizer clips at; NaN where it does not clip
    n_norms        recorded norms that are finite
    sentence       the advice in words
    """

    needed: bool
    threshold: float
    percentiles: dict[str, float]
    clipped_share: float
    n_norms: int
    sentence: str


def clip_advice(training: KerasTraining) -> ClipAdvice:
    """The advice for a training; norms are those of the probe batch, which clipping by global norm compares with its threshold."""
    steps, recorded = training.measured.probe("gradient_norm")
    finite = np.isfinite(recorded)
    norms, share = recorded[finite], clipped_share(training)
    overflows = [layer.name for layer in training.setup.layers if (training.measured.probe("nonfinite_outputs", layer.name).value[:1] == 1).any()]
    if overflows:
        sentence = f"Clipping cannot help: the outputs of {overflows[0]} are not finite before any gradient is taken."
        return ClipAdvice(False, np.nan, {}, share, len(norms), sentence)
    if training.origin is not None and training.origin.kind in ("weights", "operation"):
        sentence = f"Clipping cannot help: {training.origin.sentence}, and what is not finite stays so, however it is scaled."
        return ClipAdvice(False, np.nan, {}, share, len(norms), sentence)
    if not norms.any():
        return ClipAdvice(False, np.nan, {}, share, len(norms), "Clipping cannot help: the gradient is zero or not finite at every measurement.")
    if not finite.all() and len(norms) and not norms.max() > SPIKE * np.median(norms):
        sentence = "Clipping cannot help: the gradient becomes not finite at once, from norms of an ordinary size; a gradient that explodes grows before."
        return ClipAdvice(False, np.nan, {}, share, len(norms), sentence)
    spiked = spike(training) if not training.setup.clipping else None
    before = norms[steps[finite] < spiked.step] if spiked else norms[:0]
    threshold = float(np.percentile(before if before.size else norms, AUTOCLIP_PERCENTILE))
    percentiles = {str(percentile): float(np.percentile(norms, percentile)) for percentile in PERCENTILES}
    later = norms[1:] if len(norms) > 2 else norms  # the first holds the fall from the initial weights
    suggested = f"Clip by the global norm at about {threshold:.2g}, the {AUTOCLIP_PERCENTILE:g}th percentile of the"
    if spiked and before.size:
        needed, sentence = True, f"{suggested} norms recorded before the spike at step {spiked.step} (AutoClip)."
    elif has_vanished(training):
        needed, sentence = False, "Clipping cannot help: it shortens gradients, and here next to none comes back to the first steps."
    elif later.max() > SPIKE * np.median(later) or not finite.all():
        needed, sentence = True, f"{suggested} recorded norms (AutoClip); their median is {percentiles['50']:.2g}, their largest {norms.max():.2g}."
    else:
        ratio = later.max() / np.median(later)
        needed, sentence = False, f"No clipping is needed: the largest recorded norm is {ratio:.2g} times the median, below {SPIKE:g}."
    return ClipAdvice(needed, threshold, percentiles, share, len(norms), sentence)


def clipped_share(training: KerasTraining) -> float:
    """Share of the measurements whose gradient the optimizer's threshold would cut; by layer for clipnorm, which Keras applies to each weight."""
    if not training.setup.clipping:
        return float("nan")
    norms = training.measured.probe("gradient_norm").value
    if training.setup.clipping != "global_clipnorm":
        layers = [training.measured.probe("gradient_norm", layer).value for layer in training.measured.layers("gradient_norm")]
        norms = np.max(layers, axis=0) if layers else np.zeros_like(norms)
    return float(np.mean(~(norms <= training.setup.clipping_threshold)))


def has_vanished(training: KerasTraining) -> bool:
    """Return whether at every measurement next to none of the gradient reaches the first steps of some recurrent layer."""
    shares = [series.value for layer in training.setup.recurrent if (series := training.reaching_first(layer.name)).value.size]
    return bool(shares) and bool(np.max(np.min(shares, axis=0)) < VANISHED)
