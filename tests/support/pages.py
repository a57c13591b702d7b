"""The pages of made-up benchmarks, drawn once a process: drawing one takes seconds, and many tests read the same."""

from functools import cache
from typing import NamedTuple

from tests.support import benchmarks
from unvanish.reports.benchmark import Benchmark
from unvanish.reports.pages.benchmark import contents, render


class BenchmarkPage(NamedTuple):
    """A benchmark, what its page says of it, and the page; none of them may be changed."""

    data: Benchmark
    contents: dict
    text: str


@cache
def page_of(kind: str) -> BenchmarkPage:
    """The page of one of the benchmarks of `benchmarks.KINDS`, by its name."""
    data = benchmarks.KINDS[kind]()
    shown = contents(data)
    return BenchmarkPage(data, shown, render(shown, {}))
