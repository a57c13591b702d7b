"""The probes of `unvanish.suite.probes` as one compiled program, and what they are shown."""
