"""Contracts: what a task, model, mitigation, probe, figure or reference predictor must keep, one file for each kind, as checks that have a name.

`unvanish check` makes them, `plan` and `run` make them of the plug-ins in use, and the tests make them of all that ships.
"""
