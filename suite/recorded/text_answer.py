"""The answer on a text: bits per symbol of the best network beside n-grams, and what it writes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unvanish.suite.recorded.answer import Candidate, RecordedAnswer, WrittenText
from unvanish.suite.recorded.errors import NEXT_RIGHT, bits_of
from unvanish.suite.recorded.predictors import CONSTANT, Trained, fit_reference, gain, network_name, runs_of, test_numbers
from unvanish.suite.references.reference import REFERENCES
from unvanish.tasks.ngrams import WittenBell, last_symbols
from unvanish.tasks.text import Text
from unvanish.tasks.text_generation import generate

NEIGHBOURS = 8  # stretches of a text whose bits may depend on each other
WRITTEN = {"character": 300, "word": 60}  # symbols that a network writes
TEXT_NAMES = {CONSTANT: "the frequency of each symbol"}  # of reference predictors that say something else of a text


def text_answer(benchmark: Trained, task: Text, model: str, mitigation: str) -> RecordedAnswer:
    """Return the answer on a text with this network: bits per symbol, and how often the most probable symbol is the next one."""
    from unvanish.suite.export.numpy_outputs import is_plain, loss_step_outputs

    numbers = test_numbers(task, benchmark.plan.profile.test_sequences)
    test = task.with_blanks("test", numbers)
    symbols = test.targets.astype(np.intp)

    def candidate(name: str, kind: Any, logits: NDArray[Any]) -> tuple[Candidate, NDArray[np.float64]]:
        """Of logits [seed, sequence, step, symbol]; with its mean bits by sequence."""
        bits = np.mean([bits_of(of_seed, symbols) for of_seed in logits], axis=0)
        right = float(np.mean(logits.argmax(axis=-1) == symbols))
        return Candidate(name, kind, {task.metric_label: float(bits.mean()), NEXT_RIGHT: right}, []), bits.mean(axis=-1)

    measured = []
    for name in REFERENCES.names:
        reference = REFERENCES[name]
        if name == CONSTANT:  # it has no probability for a symbol that the training part has not, such as the rare ones
            reference = replace(reference, features=last_symbols(1), estimator=lambda task: WittenBell(0, task.output_size))
        if reference.applies(task):
            estimator, contexts = fit_reference(task, reference, test)
            probabilities = estimator.predict_proba(contexts).reshape(len(task.scored_steps), len(numbers), -1).swapaxes(0, 1)
            measured.append(candidate(TEXT_NAMES.get(name, name), "simple", np.log(probabilities)[None]))
    run_ids = runs_of(benchmark, task, model, mitigation)
    networks = [benchmark.network(run_id) for run_id in run_ids]
    network, losses = candidate(network_name(model, mitigation), "network", np.stack([loss_step_outputs(each, test.inputs) for each in networks]))
    best, simple_losses = min(measured, key=lambda each: each[1].mean())
    gained, low, high = gain(simple_losses, losses, NEIGHBOURS)
    written = generate(task, networks[0].reader(), WRITTEN[task.by]) if is_plain(networks[0]) else None
    return RecordedAnswer(
        task=task.name,
        lag=task.lag,
        target=task.target_name,
        classes=(),
        actual=[],
        in_order=True,
        candidates=[*(each for each, _ in measured), network],
        best_simple=best.name,
        model=model,
        mitigation=mitigation,
        run_ids=run_ids,
        gain=gained,
        low=low,
        high=high,
        columns=[],
        asks_log=False,
        tested=test.targets.size,
        published=list(task.published_here),
        text=WrittenText(*written) if written else None,
    )
