"""Which threshold to clip the gradient at, from the norms that were recorded (AutoClip, Seetharaman et al. 2020), and when none can help."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unvanish.suite.debugger.record import Record
from unvanish.suite.debugger.rules.exploding import spike
from unvanish.suite.diagnosis.events import SPIKE
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


def clip_advice(record: Record) -> ClipAdvice:
    """The advice for a training; norms are those of the probe batch, which clipping by global norm compares with its threshold."""
    recorded = np.array([probe.gradient_norm for probe in record.probes], float)
    norms = recorded[np.isfinite(recorded)]
    share = clipped_share(record)
    overflow = next((probe for probe in record.probes if probe.nonfinite), None)
    if overflow is not None and overflow.step == 0:
        sentence = f"Clipping cannot help: the outputs of {overflow.nonfinite[0]} are not finite before any gradient is taken."
        return ClipAdvice(False, np.nan, {}, share, len(norms), sentence)
    if not norms.size or not norms.any():
        return ClipAdvice(False, np.nan, {}, share, len(norms), "Clipping cannot help: the gradient is zero or not finite at every measurement.")
    spiked = spike(record)
    thrown = spiked.step if spiked is not None and not record.setup.clipping else None
    percentiles = {str(percentile): float(np.percentile(norms, percentile)) for percentile in PERCENTILES}
    threshold = float(np.percentile(norms, AUTOCLIP_PERCENTILE))
    later = norms[1:] if len(norms) > 2 else norms  # the first holds the fall from the initial weights
    spikes = bool(later.max() > SPIKE * np.median(later)) or len(norms) < len(recorded)
    before = [probe.gradient_norm for probe in record.probes if thrown is not None and probe.step < thrown and np.isfinite(probe.gradient_norm)]
    if before:
        threshold = float(np.percentile(before, AUTOCLIP_PERCENTILE))
        sentence = (
            f"Clip by the global norm at about {threshold:.2g}, the {AUTOCLIP_PERCENTILE:g}th percentile of the norms recorded before the spike at step "
            f"{thrown} (AutoClip)."
        )
        return ClipAdvice(True, threshold, percentiles, share, len(norms), sentence)
    if vanished(record):
        sentence = "Clipping cannot help: it shortens gradients, and here next to none comes back to the first steps."
        return ClipAdvice(False, threshold, percentiles, share, len(norms), sentence)
    if not spikes:
        sentence = f"No clipping is needed: the largest recorded norm is {later.max() / np.median(later):.2g} times the median, below {SPIKE:g}."
    else:
        sentence = (
            f"Clip by the global norm at about {threshold:.2g}, the {AUTOCLIP_PERCENTILE:g}th percentile of the recorded norms (AutoClip); "
            f"their median is {percentiles['50']:.2g}, their largest {norms.max():.2g}."
        )
    return ClipAdvice(spikes, threshold, percentiles, share, len(norms), sentence)


def clipped_share(record: Record) -> float:
    """Share of the measurements whose gradient the optimizer's threshold would cut; by layer for clipnorm, which Keras applies to each weight."""
    threshold = record.setup.clipping_threshold
    if not record.setup.clipping or not record.probes:
        return float("nan")
    per_layer = record.setup.clipping != "global_clipnorm"
    norms = [max(probe.layer_gradient.values(), default=0.0) if per_layer else probe.gradient_norm for probe in record.probes]
    return float(np.mean([not norm <= threshold for norm in norms]))


def vanished(record: Record) -> bool:
    """Whether at every measurement next to none of the gradient reaches the first steps of a recurrent layer."""
    from unvanish.suite.debugger.through_time import reaching_first

    shares = [min(reaching_first(probe).values(), default=1.0) for probe in record.probes]
    return bool(shares) and max(shares) < 1e-3
