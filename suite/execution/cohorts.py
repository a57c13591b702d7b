"""Sends cohorts to workers and yields what happens as it happens."""

from __future__ import annotations

import queue
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Any
from uuid import uuid4

from distributed import Client, Future, KilledWorker

from unvanish.suite.diagnosis import failed
from unvanish.suite.execution import remote
from unvanish.suite.execution.clusters import is_ours, mismatched_workers
from unvanish.suite.execution.memory import COHORTS_PER_PROCESS
from unvanish.suite.execution.worker import LOADED, CodeMismatch, TrainedCohort, train_cohort
from unvanish.suite.experiment.plan import Cohort, longest_first
from unvanish.suite.experiment.trial import Result, evaluation_trials, tuning_trials
from unvanish.suite.redaction import redact

STALL_TIMEOUT = 5.0  # seconds without news, after which cohorts are looked for whose workers have gone


@dataclass(frozen=True)
class Progress:
    """A cohort has trained this many more trial-steps, and is known so far to train this many trials."""

    cohort: Cohort
    trial_steps: int
    trials: int


@dataclass(frozen=True)
class Done:
    """A cohort has ended; where it could not be run to its end, `failure` says why and each of its trials is a failed result."""

    cohort: Cohort
    results: Sequence[Result]
    models: Mapping[str, bytes] = field(default_factory=dict)  # .keras files of the best evaluation trials, by their condition's fingerprint
    failure: str | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)  # of the worker's time, by what it went to
    warnings: Sequence[str] = ()  # sentences for whoever follows the run


def run(cohorts: Sequence[Cohort], client: Client) -> Iterator[Progress | Done]:
    """Runs all cohorts, those with the most work first, and yields what happens as it happens.

    Worker processes that this machine started are replaced from time to time, so that their memory stays bounded; a cohort
    that the old one had begun is begun again by the new one. Workers that join later are used if they have this process's
    code; what another one refused is trained elsewhere, and is a failed result only where there is no elsewhere.
    """
    submissions = Submissions(client)
    try:
        for priority, cohort in enumerate(longest_first(cohorts)):
            submissions.submit(cohort, -priority)
        trained: Counter[str] = Counter()
        while submissions.pending:
            event = submissions.next_event()
            if isinstance(event, Progress):
                yield event
                continue
            trained.update(worker := client.who_has(event).get(event.key, ())[:1])
            done = submissions.collect(event)
            if submissions.pending and is_ours(client) and worker and trained[worker[0]] >= COHORTS_PER_PROCESS:
                client.restart_workers(worker, raise_for_error=False)
            if done:
                yield done
    finally:
        submissions.close()


@dataclass(frozen=True)
class Submission:
    """A cohort at the scheduler; `workers` are those it is restricted to, none where any may train it."""

    cohort: Cohort
    future: Future
    priority: int
    workers: frozenset[str]


class Submissions:
    """The cohorts of one run at a scheduler that may have other runs: keys and the topic of progress have an id of their own."""

    def __init__(self, client: Client) -> None:
        self.client, self.id = client, uuid4().hex
        self.topic = f"unvanish-progress-{self.id}"
        self.pending: dict[str, Submission] = {}
        self.submitted = 0
        self.events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        client.subscribe_topic(self.topic, self.events.put)

    def submit(self, cohort: Cohort, priority: int, workers: Sequence[str] = ()) -> None:
        """Submit a cohort to one of these workers, or to any."""
        key = f"unvanish-{self.id}-{self.submitted}-{cohort.label}".replace(" ", "-")
        sent = (cohort, key, self.topic, LOADED)
        future = remote.submit(self.client, key, train_cohort, *sent, priority=priority, workers=list(workers) or None)
        self.submitted += 1
        self.pending[key] = Submission(cohort, future, priority, frozenset(workers))
        future.add_done_callback(self.events.put)

    def next_event(self) -> Progress | Future:
        """Waits for progress of a cohort, or its end."""
        while True:
            try:
                event = self.events.get(timeout=STALL_TIMEOUT)
            except queue.Empty:
                self.submit_stranded()
                continue
            if isinstance(event, Future):
                if str(event.key) in self.pending:
                    return event
            elif event[1]["key"] in self.pending:
                return Progress(self.pending[event[1]["key"]].cohort, event[1]["trial_steps"], event[1]["trials"])

    def collect(self, future: Future) -> Done | None:
        """Return the results of a cohort; None where a worker with other code refused it and another one has it now."""
        submission = self.pending.pop(str(future.key))
        cohort = submission.cohort
        try:
            trained: TrainedCohort = remote.result(future)
            return Done(cohort, trained.results, trained.models, seconds=trained.seconds, warnings=trained.warnings)
        except CodeMismatch as error:
            other = mismatched_workers(self.client)
            same = sorted(set(self.workers()) - set(other))
            if same:
                self.submit(cohort, submission.priority, same)
                return None
            reason = f"every worker has other code than this machine ({error}); install the same commit and the same requirements.lock there"
        except KilledWorker:
            reason = "its worker process died again and again, most likely for want of memory; use fewer workers or smaller sizes"
        except Exception as error:  # whatever a trial raises must become a row, not a gap
            reason = describe_error(error)
        finally:
            future.release()
        return Done(cohort, failed_results(cohort, reason), failure=reason)

    def workers(self) -> list[str]:
        """The addresses of all workers there are now."""
        return list(self.client.scheduler_info(n_workers=-1)["workers"])

    def submit_stranded(self) -> None:
        """Cohorts restricted to workers that are all gone would wait for ever; any worker may have them again."""
        restricted = {key: submission for key, submission in self.pending.items() if submission.workers}
        if restricted:
            present = set(self.workers())
            for key, submission in restricted.items():
                if not submission.workers & present:
                    self.pending.pop(key).future.cancel()
                    self.submit(submission.cohort, submission.priority)

    def close(self) -> None:
        """Takes back what is not done yet: the scheduler need not train what nobody waits for."""
        self.client.unsubscribe_topic(self.topic)
        for submission in self.pending.values():
            submission.future.cancel()


def describe_error(error: Exception) -> str:
    """Return the type and the first 300 characters of an error on one line, without passwords."""
    return redact(f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")


def failed_results(cohort: Cohort, reason: str) -> list[Result]:
    """A row for each planned trial that could not be run, without a learning rate where none could be chosen."""
    trials = [trial for condition in cohort.conditions for trial in [*tuning_trials(condition, condition.rates.first), *evaluation_trials(condition, nan)]]
    return [failed(trial, reason) for trial in trials]
