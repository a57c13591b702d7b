"""The answer on recorded data, on networks whose answers are known."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from unvanish.suite.export.trained_network import TrainedNetwork
from unvanish.suite.mitigations import find
from unvanish.suite.models import MODELS, Sizes
from unvanish.suite.recorded import answers_as_json, read_answers
from unvanish.suite.recorded.importance import columns_of, importance
from unvanish.suite.recorded.measure import answers, best_condition
from unvanish.tasks.digits import Digits
from unvanish.tasks.table import Table
from unvanish.tasks.text import Text

KEY = {"task": "table", "lag": 0, "phase": "evaluate"}


def copier(task):
    """A feed-forward network without weights but those that repeat the exercise of the row before."""
    sizes = Sizes(task.input_size, task.output_size, task.output_size, task.length)
    weights = {name: np.zeros_like(weight) for name, weight in MODELS["feedforward"].initial_weights(sizes, seed=1).items()}
    weights["kernel"][: task.output_size] = weights["output_kernel"][:] = np.eye(task.output_size)
    return TrainedNetwork(task, MODELS["feedforward"], find("none"), task.output_size, 10, 1, weights)


@dataclasses.dataclass
class Made:
    """As much of a benchmark as an answer is measured on."""

    task: Table

    @property
    def plan(self):
        profile = type("Profile", (), {"test_sequences": 200})
        return type("Plan", (), {"profile": profile})

    @property
    def curves(self):
        rows = [("feedforward", "none", 1, 10, 0.5), ("feedforward", "none", 1, 20, 0.9), ("rnn", "none", 1, 20, 1.2), ("gru", "none", 1, 20, float("nan"))]
        return pd.DataFrame([KEY | dict(zip(["model", "mitigation", "seed", "step", "loss"], row, strict=True)) for row in rows])

    @property
    def evaluated(self):
        models = ["feedforward", "rnn", "gru"]
        rows = [KEY | {"model": model, "mitigation": "none", "seed": 1, "status": "finished", "copy_of": "", "run_id": model} for model in models]
        return pd.DataFrame(rows)

    @property
    def references(self):
        rows = [("majority", 0.2), ("last step", 0.8), ("all steps", 0.7), ("one that is gone", 1.0)]
        return pd.DataFrame([{"task": "table", "lag": 0, "reference": name, "metric_value": value, "loss": 1.0} for name, value in rows])

    def network(self, run_id):
        assert run_id == "feedforward"
        return copier(self.task)


def test_the_answer_is_of_the_network_with_the_lowest_validation_loss_beside_predictors_as_themselves():
    task = Table(0)
    (found,) = answers(Made(task), [task])
    assert read_answers(answers_as_json([found])) == [found]
    names = [candidate.name for candidate in found.candidates]
    assert names[1] == "same as the row before" and names[-2:] == ["last step", "feedforward"] and names[0].startswith("always ")
    log = pd.read_csv("tasks/data/gym_log.csv", keep_default_na=False).exercise
    rows = task.rows.ends["test"]
    assert [found.classes[int(label)] for label in found.actual] == list(log.iloc[rows]) and found.in_order
    assert found.network.errors["accuracy"] < found.simple.errors["accuracy"] and found.best_simple == "last step" and found.verdict == "worse"
    assert found.gain == pytest.approx(found.network.errors["accuracy"] - found.simple.errors["accuracy"]) and found.low <= found.gain <= found.high
    assert {column.column for column in found.columns if column.loss} <= {"exercise of the row before"}


def test_a_network_that_diverged_with_one_seed_of_three_is_not_the_best():
    task = Table(0)
    made = Made(task)
    seeds = pd.DataFrame(
        [KEY | {"model": "rnn", "mitigation": "none", "seed": seed, "step": 20, "loss": loss} for seed, loss in ((1, 0.1), (2, 0.1), (3, np.nan))]
    )
    curves = pd.concat([made.curves[made.curves.model == "feedforward"], seeds])
    made.__class__ = type("Diverged", (Made,), {"curves": property(lambda self: curves)})
    assert best_condition(made, task) == ("feedforward", "none")


def test_no_network_is_no_answer():
    task = Table(0)
    made = Made(task)
    made.__class__ = type("Failed", (Made,), {"evaluated": property(lambda self: Made.evaluated.fget(self).assign(status="failed"))})
    assert answers(made, [task]) == []


def test_a_text_is_answered_by_the_bits_of_its_symbols(tmp_path):
    """A network without weights says every symbol is as probable as any other; n-grams of a text that repeats itself are nearly sure."""
    (tmp_path / "mine.txt").write_text("to be or not to be, " * 90)
    task = Text(0, file="mine.txt", location=tmp_path / "mine.txt", context=2, steps=8)
    sizes = Sizes(task.input_size, 3, task.output_size, task.length)
    weights = {name: np.zeros_like(weight) for name, weight in MODELS["feedforward"].initial_weights(sizes, seed=1).items()}
    made = Made(task)
    of_task = {"task": "text", "lag": 0}
    parts = {name: property(lambda self, name=name: getattr(Made, name).fget(self).assign(**of_task)) for name in ("curves", "evaluated", "references")}
    known = TrainedNetwork(task, MODELS["feedforward"], find("none"), 3, 10, 1, weights)
    made.__class__ = type("OfText", (Made,), parts | {"network": lambda self, run_id: known})
    (found,) = answers(made, [task])
    assert read_answers(answers_as_json([found])) == [found]
    assert found.network.errors["bits per character"] == pytest.approx(np.log2(task.output_size)) and found.tested == 8 * task.split_size("test")
    bits = {each.name: each.errors["bits per character"] for each in found.candidates}
    assert bits["n-grams of order 4"] == pytest.approx(task.facts.reference_metric, abs=1e-5) and found.best_simple == "n-grams of order 4"
    assert bits["last symbol"] == pytest.approx(task.facts.baseline_metric, abs=1e-5)
    assert found.verdict == "worse" and found.gain == pytest.approx(bits["n-grams of order 4"] - bits["feedforward"]) and found.published == []
    assert len(found.text.beginning) == 10 and len(found.text.written) == 300 and set(found.text.written) - {"\N{REPLACEMENT CHARACTER}"} <= set("tobernt, ")


def test_the_importance_of_a_column_is_what_its_permutation_costs_in_the_mean():
    """An answer that is the first column's sign, of 60 right and 40 wrong, is right by chance in 60² + 40² of 100² cases after a permutation."""
    inputs = np.random.default_rng(0).normal(size=(100, 3, 2)).astype(np.float32)
    inputs[:, :, 0] = np.where(np.arange(100) < 60, 1, -1)[:, None]
    actual = (inputs[:, 0, 0] > 0).astype(float)
    first, second = importance(lambda x: (x[:, :, 0].mean(axis=1) > 0).astype(float)[None], inputs, actual, {"a": slice(0, 1), "b": slice(1, 2)}, True)
    assert first.column == "a" and first.loss == pytest.approx(1 - 0.52, abs=0.04)
    assert (second.loss, second.low, second.high) == (0, 0, 0)


def test_every_input_of_a_table_but_the_mark_of_a_row_belongs_to_a_column():
    task = Table(0)
    found = columns_of(task)
    assert list(found) == ["exercise of the row before", "missed of the row before", "day", "month", "health"]
    assert [place for part in found.values() for place in range(part.start, part.stop)] == list(range(task.input_size - 1))
    assert len(columns_of(Digits(0))) == Digits(0).input_size
