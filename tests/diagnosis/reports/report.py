"""What a program rebuilt from a public report is: a faulty form, as the report has it, and a repaired one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.diagnosis.programs.program import Training

FORMS = ("faulty", "repaired")


@dataclass(frozen=True)
class Report:
    """One program after a public report, with data of its own of the same kind, since those of a report are rarely there.

    link     the report: a question, an issue of a repository, or a paper with the name of the program in it
    causes   what a diagnosis may name as the primary cause of the faulty form
    fault    the fault in one sentence, from the report
    make     yields the faulty and the repaired form, in that order
    """

    name: str
    link: str
    causes: tuple[str, ...]
    fault: str
    make: Callable[[], Iterator[Training]]
    recurrent: bool
    seed: int

    @property
    def half(self) -> str:
        """Return development, on which thresholds are set, or held_out, on which they are scored: by the link alone, before anything was run."""
        return "held_out" if hashlib.sha256(self.link.encode()).digest()[0] % 2 else "development"

    def form(self, form: str) -> Training:
        """The training of one form, from a seed of its own."""
        import keras

        keras.utils.clear_session()
        keras.utils.set_random_seed(self.seed)
        trainings = self.make()
        faulty = next(trainings)
        if form == "faulty":
            return faulty
        keras.utils.clear_session()
        keras.utils.set_random_seed(self.seed)
        return next(trainings)


REPORTS: dict[str, Report] = {}


def report(link: str, *causes: str, recurrent: bool = True) -> Callable[[Callable[[], Iterator[Training]]], Callable[[], Iterator[Training]]]:
    """Register a generator of both forms under its name; its docstring is the fault."""

    def register(make: Callable[[], Iterator[Training]]) -> Callable[[], Iterator[Training]]:
        name = make.__name__
        assert name not in REPORTS, name
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:2])
        REPORTS[name] = Report(name, link, causes, (make.__doc__ or "").strip(), make, recurrent, seed)
        return make

    return register
