"""What MLflow holds, seen through MLflow's own client; and that it comes back as it was."""

import json
import shlex

import numpy as np
import pytest
from mlflow import MlflowClient

from tests.support.benchmarks import REASON, failed, results, smoke, trained
from tests.support.states import finished
from unvanish.suite.diagnosis import judge
from unvanish.suite.experiment.plan import make_plan, select
from unvanish.suite.experiment.profile import load
from unvanish.suite.experiment.step_cost import StepCost
from unvanish.suite.experiment.trial import Trial, evaluation_trials, tuning_trials
from unvanish.suite.tables.frames import trials_frame
from unvanish.suite.tracking import Tracker, default_uri, open_existing, read, read_trained, reader, refresh_views
from unvanish.suite.tracking.conditions import cause, note, statistics
from unvanish.suite.tracking.experiments import EXPERIMENTS, VIEWS, pages_at
from unvanish.suite.tracking.reader import trial_run
from unvanish.tasks.errors import UsageError
from unvanish.tasks.seeding import generator

CONTEXT = {"unvanish": "0", "command": "unvanish run smoke --output somewhere"}


@pytest.fixture(scope="module")
def plan():
    return select(smoke(), "task=first_symbol|adding,model=rnn|feedforward")


@pytest.fixture(scope="module")
def stored(tmp_path_factory, plan):
    """A benchmark in a folder with a space: one cohort solved, one exploded, one failed to run, one learning."""
    output = tmp_path_factory.mktemp("with space")
    benchmark = Tracker(default_uri(output), output).open_benchmark(plan, CONTEXT, fresh=False)
    kinds = [{"metric": 1.0}, {"diverged_at": 7, "loss": np.nan, "metric": np.nan}, None, {}]
    for cohort, figures in zip(plan.cohorts, kinds, strict=True):
        benchmark.record(failed(cohort) if figures is None else results(cohort, **figures))
    benchmark.close("FINISHED")
    return output


@pytest.fixture
def client(stored):
    return MlflowClient(default_uri(stored))


def runs(client, kind):
    experiment = client.get_experiment_by_name(f"unvanish/{kind}s").experiment_id
    found = client.search_runs([experiment], max_results=1000)
    assert {run.data.tags["kind"] for run in found} <= {kind}
    return found


def test_runs_lie_under_their_parents_and_their_number_is_the_plans(client, plan):
    benchmark, conditions, trials = (runs(client, kind) for kind in ("benchmark", "condition", "trial"))
    assert len(benchmark) == 1
    assert {run.data.tags["mlflow.parentRunId"] for run in conditions} == {benchmark[0].info.run_id}
    assert {run.data.tags["mlflow.parentRunId"] for run in trials} == {run.info.run_id for run in conditions}
    counts = plan.record().counts
    assert (len(conditions), len(trials)) == (counts.conditions, counts.evaluation_trials)
    assert len(benchmark) + len(conditions) + len(trials) == counts.runs


def test_what_is_swept_is_a_param_and_curves_share_their_keys(client):
    trials = runs(client, "trial")
    assert all({"task", "lag", "model", "mitigation", "learning_rate", "seed"} <= set(run.data.params) for run in trials)
    keys = {key for run in trials for key in run.data.metrics}
    assert {"train/loss", "validation/loss", "validation/score", "gradient/norm", "test/score", "test/loss"} <= keys
    assert len(keys) <= 20


def test_outcome_and_cause_of_a_trial_are_tags(client):
    exploded = [run.data.tags for run in runs(client, "trial") if run.data.tags["diagnosis"] == "exploded"]
    solved = [run.data.tags for run in runs(client, "trial") if run.data.tags["diagnosis"] == "solved"]
    assert {tags["outcome"] for tags in exploded} == {"diverged"} and {tags["outcome"] for tags in solved} == {"solved"}
    assert {tags["cause"] for tags in solved} == {"memoryless"}


def test_only_finite_metrics_are_logged_and_a_divergence_is_said(client):
    exploded = [run for run in runs(client, "trial") if run.data.tags["diagnosis"] == "exploded"]
    assert exploded
    for run in exploded:
        assert run.data.metrics["diverged_at"] == 7 and run.data.metrics["test/score"] == 0
        assert "test/loss" not in run.data.metrics and np.isfinite(list(run.data.metrics.values())).all()


@pytest.mark.parametrize(("losses", "chosen", "stopped"), [((0.5, 0.3, 0.4), 0.2, "inside"), ((0.5, 0.4, 0.3), 1.0, "cap"), ((0.3, 0.4, np.nan), 0.04, "cap")])
def test_the_search_for_a_rate_is_in_the_params_and_the_note_of_its_condition(tmp_path, losses, chosen, stopped):
    profile = load("quick")
    fixed = profile.model_copy(update={"learning_rates": profile.learning_rates.model_copy(update={"most": None})})
    plan = select(make_plan(fixed), "task=first_symbol,lag=5,model=rnn,mitigation=none")
    (condition,) = plan.conditions
    tuned = [
        trained(trial, loss=loss * condition.task.baseline_loss, diverged_at=None if np.isfinite(loss) else 7)
        for rate, loss in zip(condition.rates.first, losses, strict=True)
        for trial in tuning_trials(condition, [rate])
    ]
    tracker = Tracker(default_uri(tmp_path), tmp_path)
    benchmark = tracker.open_benchmark(plan, CONTEXT, fresh=False)
    benchmark.record([judge(each) for each in [*tuned, *map(trained, evaluation_trials(condition, chosen))]])
    (run,) = runs(tracker.client, "condition")
    found = {name: run.data.params[name] for name in ("chosen_learning_rate", "rates_tried", "lowest_rate", "highest_rate", "search_stopped")}
    assert found == {
        "chosen_learning_rate": str(chosen),
        "rates_tried": "0.04, 0.2, 1",
        "lowest_rate": "0.04",
        "highest_rate": "1.0",
        "search_stopped": stopped,
    }
    assert f"Learning rate {chosen:g}, of 0.04, 0.2, 1 that were tried" in run.data.tags["mlflow.note.content"]


def test_results_come_back_as_they_were(stored, plan):
    records = read(default_uri(stored))
    assert len(records.trials) == plan.record().counts.trials
    assert records.plan.model_dump() == json.loads(plan.record().model_dump_json()) and records.context == CONTEXT
    evaluated = records.trials[records.trials.phase == "evaluate"]
    assert evaluated.groupby(["task", "model"]).diagnosis.unique().map(set).to_dict() == {
        ("first_symbol", "feedforward"): {"solved"},
        ("first_symbol", "rnn"): {"exploded"},
        ("adding", "feedforward"): {"failed"},
        ("adding", "rnn"): {"learning"},
    }
    assert (evaluated[evaluated.diagnosis == "exploded"].score == 0).all()
    assert (evaluated.score.isna() == (evaluated.status == "failed")).all()
    assert set(evaluated.run_id) == {run.info.run_id for run in runs(MlflowClient(default_uri(stored)), "trial")}
    assert len(records.curves) == 2 * (len(records.trials) - (records.trials.status == "failed").sum())


def test_a_condition_says_all_that_defines_it_and_what_came_of_it(client, plan):
    """Defaults included: one can group by the activation also where no mitigation changed it."""
    by_name = {run.info.run_name: run for run in runs(client, "condition")}
    exploded = by_name["first_symbol lag 4 rnn gradient_clipping"].data
    assert exploded.params["activation"] == "tanh" and exploded.params["optimizer"] == "sgd"
    assert exploded.params["clipping_by_norm"] == "gradient_clipping" and exploded.params["gradient_clipping.threshold"] == "1.0"
    assert by_name["first_symbol lag 4 rnn none"].data.params["clipping_by_norm"] == "none"
    assert exploded.params["task.symbols"] == "8" and exploded.params["diagnoses"] == "2 exploded" and exploded.params["n_cause"] == "2"
    assert (exploded.metrics["n_trials"], exploded.metrics["n_solved"], exploded.metrics["success_rate"]) == (2, 0, 0)
    assert exploded.metrics["success_low"] == 0 and exploded.metrics["success_high"] == pytest.approx(0.6576, abs=1e-4)  # Wilson: z^2 / (n + z^2)
    assert "steps_to_solved" not in exploded.metrics
    solved = by_name["first_symbol lag 4 feedforward none"].data
    assert solved.metrics["n_solved"] == 2 and "seconds" not in solved.metrics
    assert solved.params["cause"] == "all solved" and np.isfinite(solved.metrics["steps_to_solved"])
    assert solved.metrics["parameters"] == plan.conditions[0].parameters


def test_a_condition_that_failed_says_so_and_why_and_has_no_share(client, plan):
    failed = next(run.data for run in runs(client, "condition") if run.data.params["task"] == "adding" and run.data.params["model"] == "feedforward")
    assert (failed.metrics["n_trials"], failed.metrics["n_solved"], failed.metrics["n_failed"]) == (0, 0, 2)
    assert not {"success_rate", "success_low", "score"} & set(failed.metrics) and failed.params["cause"] == "failed to run"
    note = failed.tags["mlflow.note.content"]
    assert f"2 evaluation trials could not be run, and show nothing: {REASON}" in note and "Solved in" not in note


def test_the_note_of_a_condition_is_its_verdict_and_a_command_that_selects_it_alone(client, plan):
    (run,) = (run for run in runs(client, "condition") if run.info.run_name == "first_symbol lag 4 rnn gradient_clipping")
    text = run.data.tags["mlflow.note.content"]
    assert "Solved in **0 of 2** evaluation trials" in text and "2 exploded" in text
    command = text.split("```")[1].strip()
    assert command.startswith("unvanish run smoke --output again --select task=first_symbol,lag=4,model=rnn,mitigation=gradient_clipping")
    selection = shlex.split(command)[6]
    assert [condition.label for condition in select(plan, selection).conditions] == [run.info.run_name]


def test_the_most_frequent_cause_counts_only_what_was_not_solved(plan):
    condition = plan.cohorts[1].conditions[0]

    def row(solved, exploded):
        """The statistics of so many evaluation trials."""
        figures = [{"metric": 1.0}] * solved + [{"diverged_at": 7, "loss": np.nan, "metric": np.nan}] * exploded
        made = [judge(trained(Trial(condition, "evaluate", 0.1, seed), **kind)) for seed, kind in enumerate(figures)]
        return statistics(condition, trials_frame("smoke", made, [""] * len(made))), made[-1].diagnosis.cause

    mixed, event = row(solved=3, exploded=1)
    assert cause(mixed) == (event, 1) and "Solved in **3 of 4**" in note(condition, mixed, "c")
    assert cause(row(solved=3, exploded=0)[0]) == ("all solved", 0)


def test_a_figure_of_time_is_no_metric_of_the_benchmark(stored, client):
    tracker = Tracker(default_uri(stored), stored)
    (run,) = runs(client, "benchmark")
    assert not run.data.metrics
    writer = tracker.open_benchmark(smoke(), CONTEXT, fresh=True)
    writer.record_times({"time/wall": 3.0})
    assert read(default_uri(stored), writer.run_id).times == {"time/wall": 3.0}
    tracker.client.delete_run(writer.run_id)


def test_curves_of_probes_are_metrics_of_a_trial(client):
    """At the probes' steps; the gradient that reaches the information's step relative to that at the end, which is made up as 1."""
    (run, *_) = (run for run in runs(client, "trial") if run.data.params["model"] == "rnn" and run.data.params["task"] == "adding")
    for name in ("saturated_share", "dead_share", "spectral_radius", "largest_singular_value", "gradient_reaching"):
        assert [point.step for point in client.get_metric_history(run.info.run_id, f"probe/{name}")] == [0, 40]
    assert [point.value for point in client.get_metric_history(run.info.run_id, "probe/gradient_reaching")] == [1, 1]


@pytest.mark.parametrize(("model", "task"), [("rnn", "first_symbol"), ("feedforward", "first_symbol"), ("lstm", "copy_memory")])
def test_the_best_trial_is_a_model_that_mlflow_loads_and_that_predicts_what_the_trial_predicts(tmp_path, monkeypatch, model, task):
    """The condition's best trial is the one of equal scores with the lowest seed; weights differ between the trials."""
    import mlflow
    import tensorflow as tf

    from tests.support.networks import network, outputs, stacked
    from unvanish.suite.export.to_keras import best_models
    from unvanish.suite.models import MODELS, Sizes

    whole = select(smoke(), f"task={task},model={model},mitigation=none")
    (cohort,) = whole.cohorts
    condition = cohort.conditions[0]
    chosen = condition.task
    sizes = Sizes(chosen.input_size, condition.budget.hidden_size, chosen.output_size, chosen.length)
    weights = {seed: MODELS[model].initial_weights(sizes, seed) for seed in condition.budget.evaluation_seeds}
    evaluated = [judge(trained(trial, weights=weights[trial.seed])) for trial in evaluation_trials(condition, condition.rates.first[0])]
    tracker = Tracker(default_uri(tmp_path), tmp_path)
    tracker.open_benchmark(whole, CONTEXT, fresh=False).record(evaluated, best_models(evaluated)[0])
    (run,) = runs(tracker.client, "condition")
    (logged,) = tracker.client.search_logged_models([tracker.store.conditions])
    assert logged.status == "READY" and logged.source_run_id == run.info.run_id
    assert tracker.client.get_run(logged.tags["trial_run"]).data.params["seed"] == str(min(weights))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", default_uri(tmp_path))
    address = f"models:/{logged.model_id}"
    loaded = mlflow.keras.load_model(address)
    drawn = chosen.draw(generator("test", 1), 5)
    given = drawn.inputs if MODELS[model].recurrent else drawn.inputs[:, -1]
    own, settings = network(chosen, MODELS[model], condition.budget.hidden_size, ["none"])
    inputs = tf.constant(drawn.inputs.transpose(1, 0, 2)[:, None])
    expected = outputs(own, settings, stacked([weights[min(weights)]]), inputs).numpy()[:, 0].transpose(1, 0, 2)  # [batch, loss step, class]
    assert np.allclose(np.asarray(loaded(given)).reshape(expected.shape), expected, atol=1e-5)
    described = mlflow.models.get_model_info(address)
    assert described.signature.inputs.inputs[0].shape == ((-1, -1, chosen.input_size) if MODELS[model].recurrent else (-1, chosen.input_size))
    assert described.metadata["inputs"]["columns"] == list(chosen.input_names)
    folder = mlflow.artifacts.download_artifacts(address, dst_path=str(tmp_path / "model"))
    example = mlflow.models.Model.load(folder).load_input_example(folder)
    assert mlflow.pyfunc.load_model(folder).predict(example.astype(np.float32)).shape[-1] == chosen.output_size


def test_a_condition_that_failed_is_not_done(stored, plan):
    done = finished(Tracker(default_uri(stored), stored))
    missing = plan.without(done)
    assert {(c.task.name, c.model) for c in missing.conditions} == {("adding", "feedforward")}
    assert {run.info.status for run in runs(MlflowClient(default_uri(stored)), "condition") if run.data.tags["fingerprint"] not in done} == {"FAILED"}


def test_weights_of_a_trial_come_back(stored):
    trials = read(default_uri(stored)).trials
    solved = trials[(trials.phase == "evaluate") & (trials.diagnosis == "solved")].iloc[0]
    params, _, weights = read_trained(default_uri(stored), solved.run_id)
    assert (params["model"], int(params["seed"])) == ("feedforward", solved.seed)
    assert np.array_equal(weights["kernel"], np.ones((2, 3)))
    tuning = trials[trials.phase == "tune"].iloc[0]
    assert tuning.run_id == ""  # so that nobody takes the condition's run for its own
    for run_id in (tuning.run_id, "nothing", "%", runs(MlflowClient(default_uri(stored)), "condition")[0].info.run_id):
        with pytest.raises(UsageError, match=f"there is no evaluation trial with the run '{run_id}'"):
            read_trained(default_uri(stored), run_id)


def test_the_first_characters_of_a_run_suffice_where_no_other_begins_with_them(stored):
    trials = read(default_uri(stored)).trials
    ids = sorted(trials[(trials.phase == "evaluate")].run_id)
    for run_id in ids[:3]:
        shortest = next(run_id[:count] for count in range(1, 33) if sum(other.startswith(run_id[:count]) for other in ids) == 1)
        assert trial_run(default_uri(stored), shortest).info.run_id == trial_run(default_uri(stored), run_id).info.run_id == run_id
        if len(shortest) > 1:
            alike = sum(other.startswith(shortest[:-1]) for other in ids)
            with pytest.raises(UsageError, match=f"{alike} runs of evaluation trials begin with '{shortest[:-1]}', such as .*; give more of its characters"):
                trial_run(default_uri(stored), shortest[:-1])


def test_a_trial_that_failed_to_run_has_no_network(stored):
    trials = read(default_uri(stored)).trials
    crashed = trials[(trials.phase == "evaluate") & (trials.status == "failed")].iloc[0].run_id
    with pytest.raises(UsageError, match=f"the trial of the run {crashed} failed to run, so it has no network"):
        read_trained(default_uri(stored), crashed)


def test_a_benchmark_gives_the_network_of_a_trial(tmp_path):
    """As it was trained, with its parameters, whose default here is another one."""
    from unvanish.suite.models import MODELS, Sizes

    profile = smoke().profile
    changed = profile.model_copy(update={"mitigations": ["leaky"], "models": ["rnn"], "mitigation": {"leaky": {"leak": 0.7}}})
    chosen = select(make_plan(changed), "task=adding")
    (condition,) = chosen.cohorts[0].conditions
    sizes = Sizes(condition.task.input_size, condition.budget.hidden_size, condition.task.output_size, condition.task.length)
    weights = MODELS["rnn"].initial_weights(sizes, 5)
    writer = Tracker(default_uri(tmp_path), tmp_path).open_benchmark(chosen, CONTEXT, fresh=False)
    writer.record(results(chosen.cohorts[0], weights=weights))
    benchmark = read(default_uri(tmp_path))
    run_id = benchmark.evaluated[benchmark.evaluated.lag == condition.lag].run_id.iloc[0]
    network = benchmark.network(run_id[:20])
    assert (network.task, network.model.name, network.lag, network.hidden_size) == (condition.task, "rnn", condition.lag, condition.budget.hidden_size)
    assert network.mitigations.parameters == {"leaky.leak": 0.7} and network.steps == condition.budget.steps
    assert set(network.weights) == set(weights) and all(np.array_equal(network.weights[name], weight) for name, weight in weights.items())
    inputs, h, outputs = condition.task.sample(3, "example").inputs, np.zeros((3, sizes.hidden)), []
    for x in inputs.transpose(1, 0, 2):
        h = 0.3 * h + 0.7 * np.tanh(x @ weights["kernel"] + weights["bias"] + h @ weights["recurrent_kernel"])
        outputs.append(h @ weights["output_kernel"] + weights["output_bias"])
    np.testing.assert_allclose(network.predict(inputs)[:, 0], outputs[-1], atol=1e-5)
    with pytest.raises(UsageError, match="there is no evaluation trial with the run 'abcdefg'"):
        benchmark.network("abcdefg")
    for file in tmp_path.rglob("weights.npz"):
        file.unlink()
    with pytest.raises(UsageError, match=f"the run {run_id} has no weights any more: weights.npz is missing; train its condition again with: .*"):
        benchmark.network(run_id)


def test_results_that_ship_have_no_networks():
    from unvanish.reports.shipped import shipped

    with pytest.raises(UsageError, match="the results that ship with unvanish have no trained networks"):
        shipped().network("abc")


def test_what_a_killed_process_left_running_is_continued_and_what_was_half_sent_is_deleted(tmp_path, plan):
    tracker = Tracker(default_uri(tmp_path), tmp_path)
    first = tracker.open_benchmark(plan, CONTEXT, fresh=False)
    tags = {"kind": "condition", "benchmark_run": first.run_id, "fingerprint": plan.conditions[0].fingerprint}
    half = tracker.client.create_run(tracker.store.conditions, tags=tags).info.run_id
    ended = tracker.client.create_run(tracker.store.trials, tags={"kind": "trial", "benchmark_run": first.run_id, "mlflow.parentRunId": half}).info.run_id
    tracker.client.set_terminated(ended)
    again = Tracker(default_uri(tmp_path), tmp_path).open_benchmark(plan, CONTEXT, fresh=False)
    assert again.run_id == first.run_id
    left = [tracker.client.get_run(run_id).info for run_id in (half, ended)]
    assert {(info.status, info.lifecycle_stage) for info in left} == {("KILLED", "deleted")}
    assert plan.conditions[0].fingerprint not in finished(tracker)
    assert Tracker(default_uri(tmp_path), tmp_path).open_benchmark(plan, CONTEXT, fresh=True).run_id != first.run_id


def test_a_deleted_experiment_is_said_so(tmp_path):
    tracker = Tracker(default_uri(tmp_path), tmp_path)
    tracker.client.delete_experiment(tracker.store.trials)
    with pytest.raises(UsageError, match="is deleted; restore it"):
        Tracker(default_uri(tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("http://127.0.0.1:9", "nobody answers at the tracking address"),
        ("http://nosuchhost.invalid", "nobody answers"),
        ("nonsense", "not one MLflow can use"),
        ("sqlite:////proc/no/mlflow.db", "cannot be opened"),
    ],
)
def test_an_address_that_cannot_be_used_is_said_so(tmp_path, uri, sentence):
    with pytest.raises(UsageError, match=sentence):
        Tracker(uri, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_left_as_it_was(tmp_path):
    path = tmp_path / "mlflow.db"
    path.write_text("my diary, which is longer than the header of a database file" * 20)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="cannot be"):
        Tracker(f"sqlite:///{path}", tmp_path)
    assert path.read_bytes() == before


def test_reading_where_nothing_is_creates_nothing(tmp_path):
    with pytest.raises(UsageError, match="no results"):
        open_existing(default_uri(tmp_path))
    assert not list(tmp_path.iterdir())


def test_results_of_a_version_with_other_columns_are_refused_in_a_sentence(stored, monkeypatch):
    monkeypatch.setitem(reader.TABLES, "curves", {**reader.TABLES["curves"], "another": "float64"})
    with pytest.raises(UsageError, match="written by another version of unvanish, whose table of curves has no column another; run the same profile again"):
        read(default_uri(stored))


def test_views_of_another_version_become_those_of_this_one_and_other_tags_stay(tmp_path):
    Tracker(default_uri(tmp_path), tmp_path)
    store = open_existing(default_uri(tmp_path))
    key = "mlflow.sharedViewState.conditions"
    written = store.client.get_experiment(store.conditions).tags[key]
    store.client.set_experiment_tag(store.conditions, key, "{}")
    store.client.set_experiment_tag(store.conditions, "mine", "kept")
    refresh_views(store)
    tags = store.client.get_experiment(store.conditions).tags
    assert tags[key] == written and "params.`task`" in written and tags["mine"] == "kept"


def test_the_time_of_a_training_step_comes_back_and_is_replaced_when_it_is_measured_anew(tmp_path, plan):
    one, other = plan.conditions[0], plan.conditions[1]
    writer = Tracker(default_uri(tmp_path), tmp_path).open_benchmark(plan, CONTEXT, fresh=False)
    writer.record_step_costs([StepCost(one, 0.1 + 0.2, 1.5, 1.25, 1.75, 9), StepCost(other, failure="it raised")])
    first = read(default_uri(tmp_path)).step_costs.set_index("fingerprint")
    assert tuple(first.loc[one.fingerprint, ["task", "lag", "model", "mitigation"]]) == (one.task.name, one.lag, one.model, one.mitigation)
    assert tuple(first.loc[one.fingerprint, ["milliseconds", "ratio", "ratio_low", "ratio_high", "pairs"]]) == (0.1 + 0.2, 1.5, 1.25, 1.75, 9)
    assert np.isnan(first.loc[other.fingerprint, "ratio"]) and first.loc[other.fingerprint, "pairs"] == 0
    again = Tracker(default_uri(tmp_path), tmp_path).open_benchmark(plan, CONTEXT, fresh=False)
    assert set(again.step_costs.fingerprint) == {one.fingerprint, other.fingerprint}
    again.record_step_costs([StepCost(one, 7.0, 2.0, 2.0, 2.0, 5)])
    last = read(default_uri(tmp_path)).step_costs.set_index("fingerprint")
    assert last.loc[one.fingerprint, "milliseconds"] == 7.0 and len(last) == 2


def test_of_a_damaged_file_of_step_costs_nothing_is_read(tmp_path, plan):
    writer = Tracker(default_uri(tmp_path), tmp_path).open_benchmark(plan, CONTEXT, fresh=False)
    writer.record_step_costs([StepCost(plan.conditions[0], 1.0, 1.0, 1.0, 1.0, 5)])
    (tmp_path / "artifacts" / writer.run_id / "artifacts" / "step_costs.csv").write_text("task,lag\nadding,x\n")
    assert read(default_uri(tmp_path)).step_costs.empty


def test_each_experiment_is_described_and_has_a_view(tmp_path):
    Tracker(default_uri(tmp_path), tmp_path)
    client = open_existing(default_uri(tmp_path)).client
    for name in EXPERIMENTS:
        tags = client.get_experiment_by_name(name).tags
        assert tags["mlflow.note.content"].startswith("A run is one ")
        assert any(f"mlflow.sharedViewState.{view.key}" in tags for view in VIEWS.values() if view.experiment == name)


def test_pages_of_a_server_have_the_address_of_each_run_and_no_password(tmp_path):
    Tracker(default_uri(tmp_path), tmp_path)
    store = open_existing(default_uri(tmp_path))
    pages = pages_at(store, "https://me:secret@tracking.example/mlflow/")
    assert pages.run_url("abc").endswith(f"tracking.example/mlflow/#/experiments/{store.trials}/runs/abc")
    assert len(pages.views) == len(VIEWS) and "secret" not in str(pages)
    assert read_without_benchmark(tmp_path) is None


def read_without_benchmark(folder):
    """The pages of a benchmark that no server tracks."""
    tracker = Tracker(default_uri(folder), folder)
    tracker.open_benchmark(select(smoke(), "task=adding,model=rnn,mitigation=none"), CONTEXT, fresh=False)
    return read(default_uri(folder)).pages
