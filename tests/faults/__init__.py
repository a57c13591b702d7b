"""Faults that a run must survive: what is done to it at a random moment, and what must hold afterwards. `make torture` runs all of them."""
