"""The faults, by what they are done to; importing a module registers its faults."""

from tests.faults.kinds import checkpoints, cluster, damage, disk, driver, failures, folders, hostile, store_away, workers

__all__ = ["checkpoints", "cluster", "damage", "disk", "driver", "failures", "folders", "hostile", "store_away", "workers"]
