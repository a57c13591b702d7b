"""Sends cohorts to workers and yields what happens as it happens."""

from __future__ import annotations

import queue
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any
from uuid import uuid4

from distributed import CancelledError, Client, Future, KilledWorker

from unvanish.suite import plugins
from unvanish.suite.execution import remote
from unvanish.suite.execution.checkpoints.exchange import Fetched, fetch_checkpoint, hand_over_checkpoint
from unvanish.suite.execution.checkpoints.folder import CheckpointFolder
from unvanish.suite.execution.clusters import local_workers_of, mismatched_workers
from unvanish.suite.execution.failures import failed_results
from unvanish.suite.execution.local_workers import RETRIES
from unvanish.suite.execution.memory import COHORTS_PER_PROCESS
from unvanish.suite.execution.presence import WORKER_TIMEOUT, Presence
from unvanish.suite.execution.stalls import StallWatch
from unvanish.suite.execution.worker import LOADED, CodeMismatch, TrainedCohort, train_cohort
from unvanish.suite.experiment.plan import Cohort, longest_first
from unvanish.suite.experiment.trial import Result

STALL_TIMEOUT = 5.0  # seconds without news, after which it is looked whether there are workers


@dataclass(frozen=True)
class Progress:
    """A cohort has trained this many more trial-steps, and is known so far to train this many trials."""

    cohort: Cohort
    trial_steps: int
    trials: int


@dataclass(frozen=True)
class Stalled:
    """A cohort that a worker has begun has made no progress for so many seconds."""

    cohort: Cohort
    seconds: float


@dataclass(frozen=True)
class Notice:
    """Something has happened to the workers or to a checkpoint, which `line` says."""

    line: str


@dataclass(frozen=True)
class Done:
    """A cohort has ended; where some or all of its conditions could not be run to their end, `failure` says why and their trials are failed results."""

    cohort: Cohort
    results: Sequence[Result]
    models: Mapping[str, bytes] = field(default_factory=dict)  # .keras files of the best evaluation trials, by their condition's fingerprint
    failure: str | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)  # of the worker's time, by what it went to
    warnings: Mapping[str, str] = field(default_factory=dict)  # sentences for whoever follows the run, by what they are about


def run(
    cohorts: Sequence[Cohort],
    client: Client,
    limit: float | None = None,
    worker_limit: float = WORKER_TIMEOUT,
    checkpoints: CheckpointFolder | None = None,
) -> Iterator[Progress | Stalled | Notice | Done]:
    """Runs all cohorts, those with the most work first, and yields what happens as it happens.

    Cohorts go on from their checkpoints in this folder, and new ones are stored there; whoever records the results removes them.

    A cohort that makes no progress for `limit` seconds is given up, and the worker process that trains it ended where this process started it.
    A cohort whose worker process of this machine died is given to another one, `RETRIES` times at most; at schedulers that others started it is
    Dask that does so. Raises `UsageError` where the scheduler is gone, or there has been no worker for `worker_limit` seconds.

    Worker processes that this machine started are replaced from time to time, so that their memory stays bounded; a cohort
    that the old one had begun is begun again by the new one. Workers that join later are used if they have this process's
    code; what another one refused is trained elsewhere, and is a failed result only where there is no elsewhere.
    """
    submissions = Submissions(client, limit, worker_limit, checkpoints)
    local = local_workers_of(client)
    with submissions.presence.needed():
        try:
            for priority, cohort in enumerate(longest_first(cohorts)):
                submissions.submit(cohort, -priority)
            trained: Counter[str] = Counter()
            while submissions.pending:
                event = submissions.next_event()
                if not isinstance(event, Future):
                    yield event
                    continue
                worker = submissions.began.get(str(event.key))
                collected = submissions.collect(event)
                if local and worker:
                    trained[worker] += 1
                    if submissions.pending and trained[worker] >= COHORTS_PER_PROCESS:
                        local.replace(worker)
                if collected:
                    yield collected
        finally:
            submissions.close()


@dataclass(frozen=True)
class Submission:
    """A cohort at the scheduler; `workers` are those it is restricted to, none where any may train it; so many died while they trained it."""

    cohort: Cohort
    future: Future
    priority: int
    workers: frozenset[str]
    deaths: int


class Submissions:
    """The cohorts of one run at a scheduler that may have other runs: keys and the topic of progress have an id of their own."""

    def __init__(self, client: Client, limit: float | None = None, worker_limit: float = WORKER_TIMEOUT, checkpoints: CheckpointFolder | None = None) -> None:
        self.client, self.id, self.watch, self.presence = client, uuid4().hex, StallWatch(limit), Presence(client, worker_limit)
        self.checkpoints = checkpoints
        self.furthest: Counter[str] = Counter()  # trial-steps that were reported of a cohort, by its label: it may be begun again
        self.topic = f"unvanish-progress-{self.id}"
        self.pending: dict[str, Submission] = {}
        self.began: dict[str, str] = {}  # the address of the worker that has begun a cohort last
        self.submitted = 0
        self.events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        client.subscribe_topic(self.topic, self.events.put)

    def submit(self, cohort: Cohort, priority: int, workers: Sequence[str] = (), deaths: int = 0) -> None:
        """Submit a cohort to one of these workers, or to any, after so many have died while they trained it."""
        key = f"unvanish-{self.id}-{self.submitted}-{cohort.label}".replace(" ", "-")
        interval = self.checkpoints.interval if self.checkpoints else inf
        promised = self.checkpoints is not None and self.checkpoints.file(cohort).exists()
        sent = (cohort, key, self.topic, LOADED, interval, promised)
        future = remote.submit(self.client, key, train_cohort, *sent, priority=priority, workers=list(workers) or None)
        self.submitted += 1
        self.pending[key] = Submission(cohort, future, priority, frozenset(workers), deaths)
        future.add_done_callback(self.events.put)

    def next_event(self) -> Progress | Stalled | Notice | Done | Future:
        """Waits for progress of a cohort, its end, or that there has been none, or no worker, for too long."""
        while True:
            if key := self.watch.overdue():
                return self.give_up(key)
            if key := self.watch.notice():
                return Stalled(self.pending[key].cohort, self.watch.seconds(key))
            try:
                event = self.events.get(timeout=STALL_TIMEOUT)
            except queue.Empty:
                if line := self.presence.check():
                    return Notice(line)
                self.look_for_workers()
                continue
            if isinstance(event, Future):
                if str(event.key) in self.pending:
                    return event
            elif isinstance(event, Fetched):
                if not_stored := self.store(event):
                    return not_stored
            elif (news := event[1])["key"] in self.pending:
                self.began[news["key"]] = news["worker"]
                self.watch.progress(news["key"], news["worker"])
                self.exchange_checkpoints(news)
                if progress := self.progress(news):
                    self.presence.on_progress()
                    return progress

    def progress(self, news: Mapping[str, Any]) -> Progress | None:
        """Return by how much a cohort is further than it ever was; None where it is not."""
        cohort = self.pending[news["key"]].cohort
        further = news["done"] - self.furthest[cohort.label]
        if further <= 0:
            return None
        self.furthest[cohort.label] += further
        return Progress(cohort, further, news["trials"])

    def exchange_checkpoints(self, news: Mapping[str, Any]) -> None:
        """Hand the checkpoint of a cohort to a worker that begins it, and fetch the one that a worker has taken."""
        if self.checkpoints is None:
            return
        key, worker = news["key"], news["worker"]
        if news.get("begins") and (content := self.checkpoints.load(self.pending[key].cohort)):
            hand_over_checkpoint(self.client, key, worker, content)
        if news.get("checkpoint"):
            fetch_checkpoint(self.client, key, worker, self.events.put)

    def store(self, fetched: Fetched) -> Notice | None:
        """Store a checkpoint that was fetched, of a cohort that is still pending; what is returned says that it could not be, and why."""
        if self.checkpoints and fetched.key in self.pending:
            cohort = self.pending[fetched.key].cohort
            try:
                self.checkpoints.store(cohort, fetched.content)
            except OSError as error:
                reason = error.strerror or str(error)
                return Notice(f"the checkpoint of {cohort.label} cannot be stored ({reason}); if its training is interrupted, more of it is lost")
        return None

    def give_up(self, key: str) -> Done:
        """Return the failed results of a cohort that is no longer waited for."""
        seconds, worker, submission = self.watch.seconds(key), self.watch.running[key].worker, self.forget(key)
        submission.future.cancel(force=True)
        reason = f"it made no progress for {seconds:.0f} s, and the time limit is {self.watch.limit:g} s"
        if local := local_workers_of(self.client):
            local.replace(worker)
            reason += "; its worker process was ended"
        else:
            reason += f"; its worker at {worker}, which others started, may still be busy with it"
        return Done(submission.cohort, failed_results(submission.cohort.conditions, reason), failure=reason)

    def forget(self, key: str) -> Submission:
        """Return a cohort that is no longer pending."""
        self.watch.ended(key)
        self.began.pop(key, None)
        return self.pending.pop(key)

    def collect(self, future: Future) -> Done | Notice | None:
        """Return the results of a cohort, or what has become of its worker where another one has it now."""
        worker, submission = self.began.get(str(future.key)), self.forget(str(future.key))
        cohort = submission.cohort
        try:
            trained: TrainedCohort = remote.result(future)
            self.presence.on_progress()
            return Done(cohort, trained.results, trained.models, "; ".join(trained.failures) or None, trained.seconds, trained.warnings)
        except CodeMismatch as error:
            other = mismatched_workers(self.client)
            same = sorted(set(self.workers()) - set(other))
            if same:
                self.submit(cohort, submission.priority, same, submission.deaths)
                return None
            reason = f"every worker has other code than this machine ({error}); install the same commit and the same requirements.lock there"
        except KilledWorker as error:
            if local := local_workers_of(self.client):
                begun = worker == error.last_worker.address  # else it only waited there
                deaths, words = submission.deaths + begun, local.processes[str(error.last_worker.name)].last_words()
                if deaths <= RETRIES:
                    self.submit(cohort, submission.priority, deaths=deaths)
                    return Notice(f"the worker process that trained {cohort.label} died ({words}); another one trains it again") if begun else None
            else:
                deaths, words = error.allowed_failures + 1, f"was at {error.last_worker.address}, whose log may say why"
            reason = f"{deaths} workers died while they trained it, most likely for want of memory: the last one {words}; use fewer workers or smaller sizes"
        except CancelledError:
            raise
        except Exception as error:  # whatever a worker raises must become rows, not a gap
            reason = plugins.reason_of(error)
        finally:
            future.release()
        self.presence.on_progress()
        return Done(cohort, failed_results(cohort.conditions, reason), failure=reason)

    def workers(self) -> list[str]:
        """The addresses of all workers there are now."""
        return list(self.client.scheduler_info(n_workers=-1)["workers"])

    def look_for_workers(self) -> None:
        """What a worker trained that has gone is trained by nobody now; what is restricted to workers that have all gone, any worker may have."""
        present = set(self.workers())
        self.watch.left(present)
        for key, submission in list(self.pending.items()):
            if submission.workers and not submission.workers & present:
                self.forget(key).future.cancel()
                self.submit(submission.cohort, submission.priority, deaths=submission.deaths)

    def close(self) -> None:
        """Takes back what is not done yet: the scheduler, where it is still there, need not train what nobody waits for."""
        if self.client.status != "running":
            return
        self.client.unsubscribe_topic(self.topic)
        for submission in self.pending.values():
            submission.future.cancel()
