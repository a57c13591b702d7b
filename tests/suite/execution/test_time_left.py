"""The time left, held against trainings that are played through block by block, whose end is therefore known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest

from unvanish.suite.execution.time_left import ENOUGH, WINDOW, CohortProgress, Timeline, shared_out

BLOCK = 5.0  # work of a block, which takes as many seconds at speed 1


@dataclass(frozen=True)
class Training:
    """How a cohort is going to be trained: its blocks are reported after so many seconds at speed 1 each, with so much work each."""

    label: str
    work: float  # that will turn out
    fewest: float | None = None  # that was planned
    most: float | None = None
    model: str = "rnn"
    compiling: float = 0.0
    unit: float = 1.0  # seconds for a unit of work
    jump: float = 0.0  # share of the work that needs no training, and is reported together with every tenth block

    @property
    def planned(self) -> CohortProgress:
        fewest = self.work if self.fewest is None else self.fewest
        return CohortProgress(self.model, fewest, fewest, self.work if self.most is None else self.most)

    def blocks(self) -> list[tuple[float, float]]:
        """The seconds and the work of each."""
        blocks = []
        for number in range(round(self.work / BLOCK)):
            skipped = (number % 10 + 0.5) / 10 < self.jump
            blocks.append((0.0 if skipped else BLOCK * self.unit, BLOCK))
        return blocks


def play(trainings: Sequence[Training], workers: int, speed: Callable[[float], float] = lambda now: 1.0) -> list[tuple[float, float | None]]:
    """Train them in their order; return the time left that was told after each event, with the time that it truly was."""
    events: list[tuple[float, int, str, float, float]] = []  # time, order, label, work, known; no work is the end of a cohort
    free_at = [0.0] * workers
    for training in trainings:
        worker = free_at.index(min(free_at))
        now, known, done = free_at[worker] + training.compiling, training.planned.known, 0.0
        for seconds, work in training.blocks():
            begun = now
            while begun < now + 1e-9 and seconds > 0:  # in steps of a second, so that the speed may change within a block
                step = min(1.0, seconds / speed(now))
                now, seconds = now + step, seconds - step * speed(now)
                begun = now
                if seconds < 1e-9:
                    break
            done += work
            # further rates turn up after the first round of the search, and after the next one; the evaluation comes last
            known += (training.work - training.planned.fewest) / 2 * sum(done - work < share * training.planned.fewest <= done for share in (0.55, 0.75))
            events.append((now, len(events), training.label, work, known))
        events.append((now, len(events), training.label, 0.0, known))
        free_at[worker] = now
    timeline = Timeline({training.label: training.planned for training in trainings}, workers)
    end, told = max(free_at), []
    for now, _, label, work, known in sorted(events):
        if work:
            timeline.on_work(label, work, known, now)
        else:
            timeline.on_end(label, now)
        told.append((end - now, timeline.seconds_left(now)))
    return told


def between(told: Sequence[tuple[float, float | None]], most: float, least: float) -> list[tuple[float, float]]:
    """What was told when so many seconds were left, at least `least`, at most `most`."""
    chosen = [(true, forecast) for true, forecast in told if forecast is not None and least <= true <= most]
    assert len(chosen) > 5
    return chosen


def worst(told: Sequence[tuple[float, float]]) -> float:
    """The largest relative error, beyond that of a block which is told a moment later."""
    return max((abs(forecast - true) - BLOCK) / true for true, forecast in told)


def test_nothing_is_told_before_the_speed_was_measured_and_little_later_it_is():
    told = play([Training("a", 400.0, compiling=30.0)], 1)
    silent = [true for true, forecast in told if forecast is None]
    assert 400.0 - min(silent) <= ENOUGH + BLOCK


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_at_a_constant_speed_it_is_exact_from_the_first_word_on(workers):
    told = play([Training(f"cohort {number}", 600.0) for number in range(10)], workers)
    assert worst(between(told, 6000.0, 60.0)) < 0.01


def test_what_is_still_to_be_compiled_counts():
    """Half of all time is the compiling of programs."""
    told = play([Training(f"cohort {number}", 50.0, compiling=50.0) for number in range(20)], 2)
    assert worst(between(told, 900.0, 60.0)) < 0.1


def test_a_cohort_that_is_still_compiling_has_that_much_less_to_compile():
    timeline = Timeline({label: CohortProgress("rnn", 100.0, 100.0, 100.0) for label in ("a", "b")}, 1)
    for now in range(50, 145, 5):
        timeline.on_work("a", 5.0, 100.0, float(now))  # 50 seconds of compiling and of the first block
    timeline.on_work("a", 5.0, 100.0, 145.0)
    timeline.on_end("a", 145.0)
    assert timeline.seconds_left(145.0) == pytest.approx(150.0)
    assert timeline.seconds_left(175.0) == pytest.approx(120.0)
    assert timeline.seconds_left(999.0) == pytest.approx(100.0)


def test_a_machine_that_gets_slower_is_noticed():
    """Half the speed from 1000 s on: after two windows the forecast is right again."""
    trainings = [Training(f"cohort {number}", 400.0) for number in range(8)]
    told = play(trainings, 2, speed=lambda now: 1.0 if now < 1000.0 else 0.5)
    whole = max(true for true, _ in told)
    before, after = between(told, whole, whole - 990.0), between(told, whole - 1000.0 - 2 * WINDOW, 60.0)
    assert worst(after) < 0.2 < worst(before)


def test_at_the_end_one_long_cohort_decides_though_other_workers_have_nothing_to_do():
    told = play([Training("long", 1500.0), *[Training(f"short {number}", 100.0) for number in range(4)]], 3)
    assert worst(between(told, 1500.0, 60.0)) < 0.01


@pytest.mark.parametrize("growth", [0.0, 0.4, 1.0])
def test_grids_that_may_grow_are_expected_to_grow_as_those_of_the_ended_cohorts_did(growth):
    """The most is twice what was planned; at the start half of that is expected."""
    trainings = [Training(f"cohort {number}", 200.0 * (1 + growth), fewest=200.0, most=400.0) for number in range(16)]
    told = play(trainings, 2)
    whole = max(true for true, _ in told)
    assert worst(between(told, whole * 0.7, 400.0)) < 0.2  # 400 seconds: a cohort
    assert worst(between(told, whole, whole * 0.7)) < 0.6


@pytest.mark.parametrize("jump", [0.2, 0.5])
def test_trials_that_need_no_training_do_not_fool_it(jump):
    """They are reported in jumps, several blocks at one moment."""
    told = play([Training(f"cohort {number}", 500.0, jump=jump) for number in range(12)], 2)
    whole = max(true for true, _ in told)
    assert worst(between(told, whole * 0.9, 100.0)) < 0.2


def test_each_model_has_a_speed_of_its_own():
    """What was measured last was fast, and what is left is slow."""
    trainings = [Training("a", 300.0, model="lstm", unit=2.0), Training("b", 100.0, model="rnn"), Training("c", 300.0, model="lstm", unit=2.0)]
    told = play(trainings, 1)
    assert worst(between(told, 640.0, 100.0)) < 0.2


def test_a_cohort_that_is_begun_again_by_another_worker_leaves_no_negative_time():
    timeline = Timeline({"a": CohortProgress("rnn", 100.0, 100.0, 100.0)}, 1)
    for now in range(40):
        timeline.on_work("a", 5.0, 100.0, float(now))
    assert timeline.seconds_left(40.0) == 0.0 and timeline.share() == 1.0


def test_a_worker_may_take_another_cohort_than_the_next_one():
    cohorts = {label: CohortProgress("rnn", 100.0, 100.0, 100.0) for label in ("a", "b", "c")}
    timeline, in_order = Timeline(cohorts, 1), Timeline(dict(reversed(cohorts.items())), 1)
    for each in (timeline, in_order):
        for now in range(10, 110, 5):
            each.on_work("c", 5.0, 100.0, float(now))
    assert timeline.seconds_left(105.0) == in_order.seconds_left(105.0) == pytest.approx(220.0)


def test_a_worker_that_is_free_gets_one_cohort_whatever_the_others_have():
    timeline = Timeline({label: CohortProgress("rnn", 100.0, 100.0, 100.0) for label in ("a", "b", "c", "d")}, 2)
    timeline.on_work("c", 5.0, 100.0, 10.0)  # which was thought to wait, and a to run
    timeline.on_end("b", 20.0)
    assert {label: cohort.begun for label, cohort in timeline.cohorts.items()} == {"a": 20.0, "b": 0.0, "c": 0.0, "d": None}


def test_a_run_whose_cohorts_all_fail_tells_nothing():
    timeline = Timeline({label: CohortProgress("rnn", 100.0, 100.0, 100.0) for label in ("a", "b")}, 2)
    timeline.on_end("a", 30.0)
    assert timeline.seconds_left(30.0) is None and timeline.share() == 0.0
    timeline.on_end("b", 60.0)
    assert timeline.share() == 1.0


def test_the_share_that_is_done_rises_to_all():
    timeline = Timeline({"a": CohortProgress("rnn", 100.0, 100.0, 200.0)}, 1)
    shares = [timeline.share()]
    for now in range(20):
        timeline.on_work("a", 5.0, 100.0, float(now))
        shares.append(timeline.share())
    assert shares[0] == 0.0 and shares[-1] == 1.0 and all(before < after for before, after in pairwise(shares))


def test_the_first_free_worker_gets_the_next_cohort():
    """By hand: 5 | 2 + 3 + 4 | nothing runs: 1 + 6 is not before the 4."""
    assert shared_out([5.0, 2.0], [3.0, 4.0], 2) == 9.0
    assert shared_out([], [6.0, 1.0, 4.0], 3) == 6.0
    assert shared_out([], [], 4) == 0.0
