"""The probes of `suite.probes` as one compiled program, and what they are shown."""
