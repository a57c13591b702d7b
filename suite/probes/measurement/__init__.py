"""The measurement of all probes in one compiled program, and the context that probes are given."""
