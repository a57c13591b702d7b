"""An exported model asked about a log says what it says of the same sequence as it was trained on."""

import dataclasses
import json

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from tests.support.tables import plan_record
from unvanish.suite.experiment.plan import planned_task
from unvanish.suite.experiment.plan_record import read_plan
from unvanish.suite.experiment.profile import make_task
from unvanish.suite.export.networks_file import read_networks, stores_run, write_networks
from unvanish.suite.export.predict import of_file, of_networks, predict, read_encoding
from unvanish.suite.export.trained_network import TrainedNetwork, trained_network
from unvanish.suite.mitigations import find
from unvanish.suite.models import MODELS, Sizes
from unvanish.tasks import gym_log
from unvanish.tasks.errors import UsageError
from unvanish.tasks.table import Table

LOG = pd.read_csv(gym_log.PATH, keep_default_na=False)


def network(task, model):
    """A network with its first weights."""
    sizes = Sizes(task.input_size, 5, task.output_size, task.length)
    return TrainedNetwork(task, MODELS[model], find("none"), 5, 100, 3, MODELS[model].initial_weights(sizes, seed=3))


def exported(task, model, folder):
    path = folder / f"{task.name.replace(':', '_')}-{task.lag}-{model}.keras"
    network(task, model).save(path)
    return path


def outputs(path, inputs):
    made = np.asarray(keras.saving.load_model(path)(inputs))
    return made.reshape(-1, made.shape[-1])[-1].astype(float)


def schedule_log(task, index):
    """A drawn sequence of the exercise schedule as a person would have kept it."""
    drawn = task.sample(index + 1, "example")
    names = np.array(task.input_names)
    rows = [[name.split()[1] for name in names[task.exercises :][step[task.exercises :] == 1]] for step in drawn.inputs[index]]
    done = [next(iter(names[: task.exercises][step[: task.exercises] == 1]), "") for step in drawn.inputs[index]]
    log = pd.DataFrame(rows, columns=["day", "month", "health"])
    log["exercise"] = [*(name.removeprefix("yesterday ") for name in done[1:]), ""]
    return log, drawn.inputs[index : index + 1]


@pytest.mark.parametrize("model", ["lstm", "feedforward"])
@pytest.mark.parametrize("index", [0, 4])
def test_a_log_of_the_exercise_schedule_is_the_sequence_it_was_made_of(tmp_path, model, index):
    task = make_task("exercise_schedule", 3)
    log, inputs = schedule_log(task, index)
    (earlier := log.iloc[[0, 1]].assign(exercise="back"))["day"] = "Sun"
    pd.concat([earlier, log]).to_csv(tmp_path / "log.csv", index=False)  # rows before those that the model reads change nothing
    path = exported(task, model, tmp_path)
    (found,) = predict(of_file(path), tmp_path / "log.csv")
    expected = softmax(outputs(path, inputs if model == "lstm" else inputs[:, -1]))
    by_name = dict(zip(task.output_names, expected, strict=True))
    assert found.probabilities == pytest.approx(by_name, abs=1e-5) and found.answer == max(by_name, key=by_name.get)
    assert list(found.probabilities.values()) == sorted(found.probabilities.values(), reverse=True)


@pytest.mark.parametrize("lag", [0, 4])
@pytest.mark.parametrize("row", [364, 30, 13])
def test_a_log_that_ends_at_a_row_of_the_table_is_the_sequence_that_ends_there(tmp_path, lag, row):
    task = Table(lag)
    path = exported(task, "gru", tmp_path)
    log = LOG.iloc[: row + 1].copy()
    log.loc[row, ["exercise", "missed"]] = ""
    log.to_csv(tmp_path / "log.csv", index=False)
    inputs = task.log_encoding.with_blanks(task.rows.sequences(np.array([row])).inputs)
    if row == 364:  # that split's sequences do not reach over its cut
        assert task.rows.first[row] == 292
    (found,) = predict(of_file(path), tmp_path / "log.csv")
    assert list(found.probabilities.values()) == pytest.approx(sorted(softmax(outputs(path, inputs)), reverse=True), abs=1e-5)
    assert found.rows == 14 and (f"line {row + 2} of" in found.where)


def test_what_is_exported_of_a_trial_is_the_encoding_of_its_own_lag(tmp_path):
    """Read back from a plan, as plain data, without the table."""
    tasks = [Table(0), Table(4)]
    plan = read_plan(plan_record([planned_task(task) for task in tasks]).model_dump_json(), "here")
    weights = MODELS["gru"].initial_weights(Sizes(tasks[1].input_size, 5, tasks[1].output_size, tasks[1].length), seed=3)
    params = {"task": "table", "lag": "4", "model": "gru", "hidden_size": "5", "mitigation": "none", "steps": "100", "seed": "101"}
    read_back = trained_network(params, plan, weights)
    read_back.save(tmp_path / "model.keras")
    described = read_encoding(tmp_path / "model.keras")
    assert described["log"]["blanks"] == 4 and described == json.loads(json.dumps(dict(of_networks([read_back]).described)))


@pytest.mark.parametrize("model", ["feedforward", "min_gru"])
def test_a_network_predicts_without_a_file_what_its_outputs_say(tmp_path, model):
    """Also one that Keras has no layer of, whose file says so."""
    chosen = network(Table(0), model)
    log = LOG.iloc[:31].copy()
    log.loc[30, ["exercise", "missed"]] = ""
    log.to_csv(tmp_path / "log.csv", index=False)
    inputs = chosen.task.log_encoding.with_blanks(chosen.task.rows.sequences(np.array([30])).inputs)
    expected = softmax(chosen.predict(inputs)[0, -1].astype(float))
    assert list(predict(of_networks([chosen]), tmp_path / "log.csv")[0].probabilities.values()) == pytest.approx(sorted(expected, reverse=True), abs=1e-6)
    if model == "min_gru":
        path = tmp_path / "mine.keras"
        assert chosen.save(path).code == tmp_path / "mine.py"
        keras.saving.get_custom_objects().clear()
        with pytest.raises(UsageError, match=r"has a layer of its own, whose code is not run here; give its run, or import mine\.py in Python"):
            predict(of_file(path), tmp_path / "log.csv")


def test_a_value_the_model_was_not_trained_on_is_shown_as_nothing_and_said(tmp_path):
    path = exported(Table(0), "gru", tmp_path)
    log = LOG.iloc[330:351].copy()
    log.loc[350, ["exercise", "missed"]] = ""
    log.to_csv(tmp_path / "log.csv", index=False)
    notes = predict(of_file(path), tmp_path / "log.csv")[0].notes
    assert len(notes) == 1 and notes[0].startswith("month 'Dec' is left out")


def test_a_number_comes_back_in_its_own_unit_and_the_next_row_needs_no_row_of_its_own(tmp_path):
    """Where a model sees earlier rows only, what follows a whole log can be predicted."""
    values = np.cumsum(np.random.default_rng(2).normal(size=200)) + 70
    pd.DataFrame({"weight": values}).to_csv(tmp_path / "w.csv", index=False)
    task = make_task(
        "table", 0, {"file": "w.csv", "inputs": [], "previous": ["weight"], "target": "weight", "target_kind": "number", "within": 1.0, "steps": 6}, tmp_path
    )
    path = exported(task, "lstm", tmp_path)
    (found,) = predict(of_file(path), tmp_path / "w.csv")
    column = task.log_encoding.target
    last = (values[-6:] - column.mean) / column.scale
    inputs = np.stack([last, np.ones(6)], axis=-1)[None].astype(np.float32)
    assert found.answer == pytest.approx(outputs(path, inputs)[0] * column.scale + column.mean, rel=1e-4)
    assert found.where == f"the row after line 201 of {tmp_path / 'w.csv'}" and found.probabilities == {}
    json.dumps(dataclasses.asdict(found))


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        (LOG, "line 366, the last of the log .*, has exercise filled in already; add a row for what is to be predicted, with day and month and health"),
        (LOG.iloc[:5].assign(exercise=""), "has 5 rows up to the one to predict, and the model reads 14"),
        (LOG.drop(columns="health"), "there is no column 'health'"),
    ],
)
def test_a_log_that_cannot_be_asked_about_is_a_sentence(tmp_path, log, sentence):
    path = exported(Table(0), "gru", tmp_path)
    log.to_csv(tmp_path / "log.csv", index=False)
    with pytest.raises(UsageError, match=sentence):
        predict(of_file(path), tmp_path / "log.csv")


def test_a_model_of_another_task_or_none_at_all_is_a_sentence(tmp_path):
    path = exported(make_task("first_symbol", 3), "gru", tmp_path)
    with pytest.raises(UsageError, match="the model is of the task first_symbol, whose sequences are no log"):
        predict(of_file(path), gym_log.PATH)
    with pytest.raises(UsageError, match="is no model that unvanish exported"):
        predict(of_file(gym_log.PATH), gym_log.PATH)


def test_a_log_is_read_by_the_same_road_as_in_training(tmp_path):
    """Separator, empty cells, order of time, calendar and the person that the latest row is of; held against the sequence that the task itself makes."""
    days, random = 80, np.random.default_rng(7)
    log = pd.DataFrame({"date": pd.date_range("2024-01-20", periods=days).strftime("%d.%m.%Y"), "sleep": random.uniform(5, 9, days).round(1).astype(str)})
    log["did"] = random.choice(["run", "swim"], days)
    log.loc[random.choice(days - 1, 9, replace=False), "sleep"] = "-99"
    people = pd.concat([log.assign(who=f"p{i}") for i in range(6)])
    people.sample(frac=1, random_state=1).to_csv(tmp_path / "log.csv", index=False, sep=";")
    given = {"file": "log.csv", "time": "date", "sequence": "who", "inputs": ["sleep"], "previous": ["did"], "target": "did", "steps": 5}
    task = make_task("table", 0, {**given, "missing": ["-99"], "fill": "last", "calendar": ["weekday"]}, tmp_path)
    path = exported(task, "gru", tmp_path)
    last = len(task.rows.first) - 1
    inputs = task.rows.sequences(np.array([last])).inputs  # of one person, as all are the same
    today = people[(people.who == "p3") | (people.date != log.date.iloc[-1])].copy()
    today.loc[(today.who == "p3") & (today.date == log.date.iloc[-1]), "did"] = ""
    today.sample(frac=1, random_state=2).to_csv(tmp_path / "today.csv", index=False, sep=";")
    (found,) = predict(of_file(path), tmp_path / "today.csv")
    assert list(found.probabilities.values()) == pytest.approx(sorted(softmax(outputs(path, inputs)), reverse=True), abs=1e-5)
    assert "for who 'p3'" in found.notes[0] and f"sleep {log.sleep.iloc[-1]}" in found.where


def weight_task(folder, values):
    pd.DataFrame({"weight": values}).to_csv(folder / "w.csv", index=False)
    given = {"file": "w.csv", "inputs": [], "previous": ["weight"], "target": "weight", "target_kind": "number", "within": 1.0, "steps": 6}
    return make_task("table", 0, given, folder)


def with_seed(task, seed):
    sizes = Sizes(task.input_size, 5, task.output_size, task.length)
    return dataclasses.replace(network(task, "gru"), seed=seed, weights=MODELS["gru"].initial_weights(sizes, seed))


def test_several_steps_are_single_steps_on_a_log_with_the_answers_before(tmp_path):
    values = np.cumsum(np.random.default_rng(2).normal(size=200)) + 70
    task = weight_task(tmp_path, values)
    predictor = of_networks([with_seed(task, 1)])
    found = predict(predictor, tmp_path / "w.csv", steps=4)
    for each in found:
        (alone,) = predict(predictor, tmp_path / "w.csv")
        assert each.answer == pytest.approx(alone.answer, abs=1e-4)
        values = [*values, each.answer]
        pd.DataFrame({"weight": values}).to_csv(tmp_path / "w.csv", index=False)


@pytest.mark.parametrize("every", ["D", "MS", "6h"])
def test_several_steps_of_a_model_that_sees_the_time_of_a_row_go_on_at_its_usual_step(tmp_path, every):
    when = pd.date_range("2024-02-01", periods=208, freq=every)
    values = np.cumsum(np.random.default_rng(2).normal(size=200)) + 70

    def write(numbers):
        pd.DataFrame({"when": when[: len(numbers)], "weight": numbers}).to_csv(tmp_path / "w.csv", index=False)

    write(values)
    given = {"file": "w.csv", "time": "when", "calendar": ["weekday", "month"], "inputs": [], "previous": ["weight"], "target": "weight"}
    task = make_task("table", 0, given | {"target_kind": "number", "within": 1.0, "steps": 6}, tmp_path)
    predictor = of_networks([with_seed(task, 1)])
    for each in predict(predictor, tmp_path / "w.csv", steps=8):
        write([*values, np.nan])  # the time of the row is in the file here
        (alone,) = predict(predictor, tmp_path / "w.csv")
        assert each.answer == pytest.approx(alone.answer, abs=1e-4)
        values = [*values, each.answer]


def test_the_range_of_several_networks_is_of_what_each_says_alone(tmp_path):
    task = weight_task(tmp_path, np.cumsum(np.random.default_rng(2).normal(size=200)) + 70)
    networks = [with_seed(task, seed) for seed in (1, 2, 3)]
    together = predict(of_networks(networks), tmp_path / "w.csv", steps=3)
    alone = [predict(of_networks([each]), tmp_path / "w.csv", steps=3) for each in networks]
    for step, found in enumerate(together):
        answers = [each[step].answer for each in alone]
        assert (found.answer, found.low, found.high) == pytest.approx((np.mean(answers), min(answers), max(answers)))
        assert found.networks == 3


def test_several_steps_of_a_model_that_sees_more_than_the_target_are_refused(tmp_path):
    log = LOG.iloc[:31].copy()
    log.loc[30, ["exercise", "missed"]] = ""
    log.to_csv(tmp_path / "log.csv", index=False)
    with pytest.raises(UsageError, match=r"the model sees day, month, health, missed of rows that are not in the log yet; leave --steps out"):
        predict(of_networks([network(Table(0), "gru")]), tmp_path / "log.csv", steps=2)


def test_networks_come_back_from_their_file_without_the_table(tmp_path):
    task = weight_task(tmp_path, np.cumsum(np.random.default_rng(2).normal(size=200)) + 70)
    plan = plan_record([planned_task(task)])
    params = {"task": "table", "lag": "0", "model": "gru", "hidden_size": "5", "mitigation": "none", "steps": "100"}
    made = {f"{seed}abc4567890": with_seed(task, seed) for seed in (1, 2)}
    write_networks(tmp_path / "networks.npz", list(made), lambda run: (params | {"seed": run[0]}, plan, made[run].weights))
    expected = predict(of_networks(list(made.values())), tmp_path / "w.csv")
    assert predict(of_networks(read_networks(tmp_path / "networks.npz")), tmp_path / "w.csv") == expected
    assert [each.seed for each in read_networks(tmp_path / "networks.npz", run="2a")] == [2]
    stored = [stores_run(tmp_path / "networks.npz", run) for run in ("2abc4567", "2abc", "3abc4567")]
    assert stored == [True, False, False] and not stores_run(tmp_path / "nothing.npz", "2abc4567")
    with pytest.raises(UsageError, match="has no network of the task 'sleep'; it has 'table'"):
        read_networks(tmp_path / "networks.npz", task="sleep")
    with pytest.raises(UsageError, match=r"there is no .*nothing\.npz; it is written at the end of a run on recorded data"):
        read_networks(tmp_path / "nothing.npz")
    (tmp_path / "half.npz").write_bytes((tmp_path / "networks.npz").read_bytes()[:300])
    with pytest.raises(UsageError, match="is no whole file of networks"):
        read_networks(tmp_path / "half.npz")
