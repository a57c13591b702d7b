"""Checkpoints of cohorts: what they hold, their file format, their way from a worker to the output folder and back."""
