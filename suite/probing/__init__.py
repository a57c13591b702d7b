"""The probes of `suite.probes` as one compiled program, and what they are shown."""

from suite.probing.program import Probing, probe_steps

__all__ = ["Probing", "probe_steps"]
