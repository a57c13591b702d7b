"""The answer is true for every kind of benchmark, the rows it names prove it, and its texts read well.

The texts of a dozen benchmarks are in answers.txt, to be read by a person. Where one changes, read the new one, and write the file by
`python -m tests.reports.tables.test_answer`.
"""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests.support.tables import benchmark, dataset, made_up_task
from unvanish.reports.tables.answer import KEY, answer, need_of_memory
from unvanish.reports.tables.network_answer import join_names

SOLVED, VANISHED, EXPLODED, WEAK, FAILED, MEMORYLESS = ([word] * 5 for word in ("solved", "vanished", "exploded", "weak", "failed", "memoryless"))
MOST = [*SOLVED[:4], "vanished"]
LEARNING = ["learning"] * 5
TASKS = ("first_symbol", "temporal_order")
STORED = Path(__file__).with_name("answers.txt")


def whole(lag=25, tasks=TASKS, **words):
    return {(task, lag, *name.split("_", 1)): of for task in tasks for name, of in words.items()}


def of(cells, **options):
    return dataset(*benchmark(cells, **options))


def one_seed():
    return of(whole(tasks=TASKS[:1], rnn_none=["exploded"], rnn_gradient_clipping=["solved"], feedforward_none=["memoryless"]))


def recorded_beside_synthetic():
    """The plan of a recorded task has the facts that were measured of its data."""
    data = of(whole(tasks=("first_symbol", "sales"), rnn_none=VANISHED, rnn_relu=SOLVED, feedforward_none=[*MEMORYLESS[:4], "solved"]))
    entry = made_up_task("sales", 25, parameters={"facts": {"rows": 100}})
    return replace(data, plan=data.plan.model_copy(update={"tasks": [data.plan.tasks[0], entry]}))


def idle_cure():
    plan, trials = benchmark(whole(rnn_none=VANISHED, rnn_gradient_clipping=VANISHED, rnn_relu=[*SOLVED[:4], "vanished"]))
    return dataset(plan, trials.assign(inert=trials.mitigation.map({"gradient_clipping": "clipping never acted"}).fillna("")))


FIVE = ("copy_memory", "first_symbol", "adding", "temporal_order", "exercise_schedule")
PLAIN, CURED = tuple((task, 25, "rnn", "none") for task in TASKS), tuple((task, 25, "rnn", "relu") for task in TASKS)
KINDS = {
    "nothing evaluated": lambda: of(whole(rnn_none=None)),
    "nothing at the longest lag": lambda: of(whole(rnn_none=SOLVED) | {(task, 50, "rnn", "none"): None for task in TASKS}),
    "none solved": lambda: of(whole(rnn_none=VANISHED, rnn_relu=EXPLODED, rnn_rmsprop=VANISHED, feedforward_none=MEMORYLESS)),
    "none solved, weak gradients, searches at their cap": lambda: of(whole(rnn_none=WEAK, rnn_relu=WEAK), at_cap=(*PLAIN[:1], *CURED)),
    "all solved": lambda: of(whole(rnn_none=SOLVED, rnn_relu=SOLVED, gru_none=SOLVED, gru_relu=SOLVED)),
    "one cure that helps": lambda: of(whole(rnn_none=EXPLODED, rnn_relu=SOLVED)),
    "one cure that does not help": lambda: of(whole(rnn_none=[*SOLVED[:3], *EXPLODED[:2]], rnn_relu=[*SOLVED[:2], *EXPLODED[:3]])),
    "one cure that may help": lambda: of(whole(rnn_none=[*SOLVED[:4], "vanished"], rnn_relu=SOLVED)),
    "one seed": one_seed,
    "one seed, unsolved": lambda: of(whole(tasks=TASKS[:1], rnn_none=["exploded"], rnn_gradient_clipping=["learning"])),
    "a tie of two": lambda: of(whole(rnn_none=VANISHED, rnn_relu=SOLVED, rnn_rmsprop=SOLVED, rnn_orthogonal=VANISHED)),
    "a tie of two that solve as many as none": lambda: of(whole(rnn_none=MOST, rnn_relu=MOST, rnn_rmsprop=MOST, rnn_orthogonal=VANISHED)),
    "no cure planned": lambda: of(whole(rnn_none=[*SOLVED[:3], "vanished", "learning"])),
    "no training without a cure": lambda: of(whole(rnn_relu=SOLVED, rnn_rmsprop=VANISHED)),
    "a cure that was run on a part": lambda: of(whole(rnn_none=VANISHED, rnn_rmsprop=[*SOLVED[:2], *VANISHED[:3]]) | {CURED[0]: None, CURED[1]: SOLVED}),
    "only a cure that was run on a part": lambda: of(whole(rnn_none=VANISHED) | {CURED[0]: None, CURED[1]: SOLVED}),
    "all failed to run": lambda: of(whole(rnn_none=FAILED, rnn_relu=FAILED)),
    "a cure failed to run": lambda: of(whole(rnn_none=VANISHED, rnn_relu=FAILED, rnn_rmsprop=SOLVED)),
    "training without a cure failed to run": lambda: of(whole(rnn_none=FAILED, rnn_relu=SOLVED)),
    "one trial failed to run": lambda: of(whole(rnn_none=["failed", *VANISHED[:4]], rnn_relu=SOLVED)),
    "one network, one task": lambda: of(whole(tasks=TASKS[:1], rnn_none=VANISHED, rnn_relu=SOLVED)),
    "many tasks, hardly anything solved": lambda: of(
        whole(tasks=FIVE, rnn_none=LEARNING, **dict.fromkeys(("rnn_relu", "rnn_rmsprop"), EXPLODED))
        | {("adding", 25, "rnn", "rmsprop"): ["solved", *EXPLODED[:4]]}
    ),
    "only diverged": lambda: of(whole(rnn_none=EXPLODED, lstm_none=EXPLODED)),
    "a harmful cure": lambda: of(whole(rnn_none=[*SOLVED[:4], "vanished"], rnn_relu=EXPLODED, rnn_rmsprop=SOLVED)),
    "a cure that never acted": idle_cure,
    "controls": lambda: of(
        whole(rnn_none=VANISHED, rnn_frozen=SOLVED, rnn_truncated_bptt=VANISHED, feedforward_none=MEMORYLESS), no_gradient={(25, "truncated_bptt")}
    ),
    "a recorded task beside a synthetic one": recorded_beside_synthetic,
}


def written(name):
    """The answer on a benchmark as the file of texts has it."""
    lines = [line for sentence in answer(KINDS[name]()) for line in (f"- {sentence.text}", f"    {sentence.detail}") if line.strip()]
    return "\n".join([f"== {name}", *lines, ""])


@pytest.mark.parametrize("name", KINDS)
def test_the_texts_are_those_that_were_read(name):
    stored = {part.partition("\n")[0]: f"== {part}".rstrip("\n") + "\n" for part in STORED.read_text(encoding="utf-8").split("== ")[1:]}
    assert written(name) == stored[name]


@pytest.mark.parametrize("name", KINDS)
def test_what_is_counted_is_in_the_rows_that_are_named(name):
    data = KINDS[name]()
    for sentence in answer(data):  # every key is a row of the table, once
        rows = data.trials.merge(sentence.trials, on=KEY)
        assert len(rows) == len(sentence.trials) and not sentence.trials.duplicated().any()
        assert "nan" not in sentence.text + sentence.detail and sentence.section and sentence.text.endswith(".")


def texts(cells, **options):
    return [sentence.text for sentence in answer(of(cells, **options))]


def test_the_counts_of_a_network_are_those_of_its_rows():
    data = of(whole(rnn_none=EXPLODED, rnn_relu=[*SOLVED[:4], "exploded"], gru_none=VANISHED))
    (rnn,) = [sentence for sentence in answer(data) if sentence.text.startswith("rnn:")]
    counts = data.trials.merge(rnn.trials, on=KEY).groupby("mitigation").diagnosis.agg(lambda words: (words == "solved").sum())
    assert counts.to_dict() == {"none": 0, "relu": 8} and set(rnn.trials.model) == {"rnn"}
    assert rnn.text.startswith("rnn: use relu. With it 8 of 10 trials solved their task") and "without a cure none of 10 did" in rnn.text
    assert "8 gained and 0 lost with relu; McNemar's exact p 0.0078 " in rnn.detail  # 2 / 2^8


def test_what_failed_is_in_no_count():
    """Ten trials of a cure that could not be run are none that were not solved, and against a crash no cure is better."""
    found = texts(whole(rnn_none=VANISHED, rnn_relu=FAILED, rnn_rmsprop=SOLVED))
    assert any("10 of 20 trials solved their task" in text for text in found) and not any("relu" in text for text in found)
    crashed = texts(whole(rnn_none=FAILED, rnn_relu=SOLVED))
    assert not any("use relu" in text or "try relu" in text for text in crashed)


@pytest.mark.parametrize("mitigation", ["frozen", "truncated_bptt"])
def test_a_control_is_never_advised(mitigation):
    made = whole(rnn_none=VANISHED, rnn_frozen=SOLVED, rnn_truncated_bptt=VANISHED)
    assert not any(f"use {mitigation}" in text or f"try {mitigation}" in text for text in texts(made, no_gradient={(25, "truncated_bptt")}))


def test_a_cure_is_called_harmful_only_by_a_test():
    """Of ten pairs eight lost are p 0.0078, and five lost p 0.06."""
    harmed = texts(whole(rnn_none=[*SOLVED[:4], "vanished"], rnn_relu=EXPLODED))
    assert any("Worse than training without a cure: relu (0 of 10)." in text for text in harmed)
    fewer = whole(rnn_none=[*SOLVED[:3], *VANISHED[:2]], rnn_relu=EXPLODED) | {CURED[0]: SOLVED[:3] + EXPLODED[:2]}
    assert not any("Worse" in text for text in texts(fewer))


def test_rates_are_those_of_the_trials_that_are_spoken_of():
    """The rate of a cell at its cap is 1, that of others 0.2."""
    start = "rnn: use relu. With it all 10 trials solved their task, half of the trials by step 30, at learning "
    assert any(text.startswith(f"{start}rate 0.2;") for text in texts(whole(rnn_none=VANISHED, rnn_relu=SOLVED)))
    assert any(text.startswith(f"{start}rates 0.2 to 1;") for text in texts(whole(rnn_none=VANISHED, rnn_relu=SOLVED), at_cap=CURED[:1]))


def test_names_are_joined_and_many_are_counted():
    assert [join_names(names) for names in (["a"], ["a", "b"], ["a", "b", "c"], list("abcdef"))] == ["a", "a and b", "a, b and c", "a, b and 4 others"]


def test_every_kind_of_benchmark_is_in_the_file_of_texts_once():
    names = pd.Series([line[3:] for line in STORED.read_text(encoding="utf-8").splitlines() if line.startswith("== ")])
    assert names.tolist() == list(KINDS)


if __name__ == "__main__":
    STORED.write_text("\n".join(written(name) for name in KINDS), encoding="utf-8")


@pytest.mark.parametrize(
    ("solved_by_state", "words"),
    [((), ""), (("a",), "; networks with a state solved 1 of these 2 tasks"), (("a", "b"), ", so these tasks need memory")],
)
def test_a_task_that_no_network_solves_is_not_said_to_need_memory(solved_by_state, words):
    """It may have nothing to learn, as the direction of a price."""
    stateless = pd.DataFrame({"task": ["a", "b"] * 10, "lag": 5, "model": "feedforward", "seed": range(20), "status": "finished", "diagnosis": "memoryless"})
    others = pd.DataFrame([{"task": task, "lag": 5, "seed": 1, "diagnosis": "solved" if task in solved_by_state else "learning"} for task in "ab"])
    assert need_of_memory(stateless, pd.concat([stateless, others])) == words
    assert need_of_memory(stateless.assign(diagnosis="solved"), others) == ", so not every task here needs memory"
