"""Small training programs with a known fault, or none: half of them to set thresholds on, the other half to score them.

The two halves have other data, tasks and architectures. No threshold was changed after the held-out half was scored.
"""

from tests.diagnosis.programs import development_faulty, development_healthy, held_out_faulty, held_out_healthy
from tests.diagnosis.programs.program import PROGRAMS, Program, Training

__all__ = ["PROGRAMS", "Program", "Training", "development_faulty", "development_healthy", "held_out_faulty", "held_out_healthy"]
