"""The probes: figures measured inside a network while it trains, on a fixed batch of sequences. One file each, which names its instance `PROBE`."""

from unvanish.suite.probes.probe import Probe, Series
from unvanish.tasks.registry import Registry

PROBES: Registry[Probe] = Registry("unvanish.suite.probes", "probe", "PROBE", lambda thing: isinstance(thing, Probe))


def series() -> dict[str, Series]:
    """Return the figures of all registered probes by name."""
    return {name: meaning for probe in PROBES for name, meaning in probe.series.items()}


__all__ = ["PROBES", "Probe", "Series", "series"]
