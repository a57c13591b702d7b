"""The callback: training is the same with and without it, and what it measures agrees with closed forms."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from unvanish.keras import Diagnose
from unvanish.keras import diagnose as diagnose_model
from unvanish.suite.debugger.data import checked
from unvanish.suite.debugger.gradients import measure
from unvanish.tasks.errors import UsageError


def sequences(count=64, length=6, features=2):
    random = np.random.default_rng(0)
    x = random.normal(size=(count, length, features)).astype("float32")
    return x, (x[:, 0, 0] > 0).astype("float32")


def with_every_kind_of_state():
    """Batch normalisation, dropout within and between layers, a stateful layer, penalties and a metric."""
    return keras.Sequential(
        [
            keras.Input(batch_shape=(16, 6, 2)),
            keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True, dropout=0.2, kernel_regularizer="l2")),
            keras.layers.BatchNormalization(),
            keras.layers.GRU(4, stateful=True),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(1, activation="sigmoid", activity_regularizer="l2"),
        ]
    )


def with_two_branches():
    """A functional model with a convolution, an RNN of two cells and a Gaussian noise."""
    inputs = keras.Input((6, 2))
    left = keras.layers.Flatten()(keras.layers.Conv1D(3, 2, activation="relu")(keras.layers.GaussianNoise(0.1)(inputs)))
    right = keras.layers.RNN([keras.layers.SimpleRNNCell(3), keras.layers.LSTMCell(3)])(inputs)
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(keras.layers.Concatenate()([left, right])))


@pytest.mark.parametrize("build", [pytest.param(with_every_kind_of_state, marks=pytest.mark.slow), with_two_branches])
def test_training_with_it_gives_the_same_weights_to_the_bit(build):
    x, y = sequences()
    trained = []
    for watched in (False, True):
        keras.utils.set_random_seed(3)
        model = build()
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        watch = [Diagnose(x, y, max_overhead=None)] if watched else []
        history = model.fit(x, y, batch_size=16, epochs=2, verbose=0, callbacks=watch)
        trained.append(
            ([np.asarray(value) for value in (*model.variables, *model.optimizer.variables)], history.history, np.asarray(keras.random.normal((3,))))
        )
    (plain, curves, drawn), (watched_weights, watched_curves, drawn_after) = trained
    assert len(watch[0].record.probe_steps) > 4
    for one, other in zip(plain, watched_weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert curves == watched_curves and (drawn == drawn_after).all()
    assert not any("call" in vars(layer) for layer in model._flatten_layers())


def test_the_gradient_through_time_of_a_simple_rnn_is_that_of_its_equation():
    """dL/dh(t-1) = W_h^T (1 - h(t)^2) dL/dh(t), by hand in NumPy, for a loss that is the mean square of one linear output."""
    x, y = sequences(count=5, length=7)
    layer, output = keras.layers.SimpleRNN(3, recurrent_initializer=keras.initializers.RandomNormal(stddev=0.9, seed=1)), keras.layers.Dense(1)
    model = keras.Sequential([keras.Input((7, 2)), layer, output])
    model.compile("sgd", "mse")
    found = measure(model, checked(x, y[:, None]))
    kernel, recurrent, bias = layer.get_weights()
    states = [np.zeros((5, 3))]
    for t in range(7):
        states.append(np.tanh(x[:, t] @ kernel + states[-1] @ recurrent + bias))
    weights, offset = output.get_weights()
    gradient = 2 * (states[-1] @ weights + offset - y[:, None]) / len(x) @ weights.T
    norms, by_input = [], []
    for t in reversed(range(7)):
        through = (1 - states[t + 1] ** 2) * gradient
        gradient = through @ recurrent.T
        norms.append(np.linalg.norm(gradient))
        by_input.append(np.linalg.norm(through @ kernel.T))
    np.testing.assert_allclose(found.state[layer.name], norms[::-1], rtol=1e-4)
    np.testing.assert_allclose(found.input, by_input[::-1], rtol=1e-4)


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_the_gradient_at_the_first_state_of_gated_layers_is_that_of_the_initial_state(kind):
    """Against Keras: the same layer called with its initial state as an input of the model, and TensorFlow's gradient of that."""
    import tensorflow as tf

    x, y = sequences(count=5)
    layer = getattr(keras.layers, kind)(4)
    model = keras.Sequential([keras.Input((6, 2)), layer, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    found = measure(model, checked(x, y[:, None])).state[layer.name]
    starts = [tf.zeros((5, 4)) for _ in keras.tree.flatten(layer.cell.state_size)]
    with tf.GradientTape() as tape:
        tape.watch(starts)
        loss = tf.reduce_mean((model.layers[-1](layer(x, initial_state=starts)) - y[:, None]) ** 2)
    expected = np.sqrt(sum(float(tf.reduce_sum(gradient**2)) for gradient in tape.gradient(loss, starts)))
    assert len(found) == 6 and found[0] == pytest.approx(expected, rel=1e-4)


def test_gradients_by_layer_and_losses_are_those_of_the_training_step():
    """A step of plain SGD at a rate of 1 on one batch changes the weights by the gradient, and reports the loss that was measured."""
    x, y = sequences(count=32)
    model = keras.Sequential([keras.Input((6, 2)), keras.layers.GRU(3), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    watch = Diagnose(x, y, max_overhead=None)
    before = [layer.get_weights() for layer in model.layers]
    model.fit(x, y, batch_size=32, epochs=1, shuffle=False, verbose=0, callbacks=[watch])
    measured = watch.record.measured
    for layer, old in zip(model.layers, before, strict=True):
        changed = np.sqrt(sum(((new - weight) ** 2).sum() for new, weight in zip(layer.get_weights(), old, strict=True)))
        assert measured.probe("gradient_norm", layer.name).value[0] == pytest.approx(changed, rel=1e-3)
    assert watch.record.losses[0] == pytest.approx(measured.probe("loss").value[0], rel=1e-5)


def test_every_batch_loss_is_what_its_batch_has():
    """Keras reports a running mean; the single losses come back from it, over epochs."""
    x, y = sequences()
    model = keras.Sequential([keras.Input((6, 2)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    watch = Diagnose(x, y)
    model.fit(x, y, batch_size=16, epochs=2, shuffle=False, verbose=0, callbacks=[watch])
    single = [model.evaluate(x[start : start + 16], y[start : start + 16], verbose=0) for start in range(0, 64, 16)]
    np.testing.assert_allclose(watch.record.losses, single * 2, rtol=1e-4)


def test_diagnosing_a_model_does_not_change_it_and_gives_plain_data():
    x, y = sequences()
    model = with_two_branches()
    model.compile("adam", "binary_crossentropy")
    before = [np.asarray(value) for value in (*model.variables, *model.optimizer.variables)]
    content = json.loads(json.dumps(diagnose_model(model, x, y, steps=4).as_data()))
    assert set(content) == {"outcome", "findings", "clipping", "record", "tried"} and content["record"]["probes"][0]["state_gradient"]
    for one, other in zip(before, (*model.variables, *model.optimizer.variables), strict=True):
        np.testing.assert_array_equal(one, other)


def test_measurements_that_would_take_more_than_their_share_are_put_off_but_for_the_length_of_steps():
    x, y = sequences(count=256)
    counts = []
    for limit in (None, 1e-6):
        model = keras.Sequential([keras.Input((6, 2)), keras.layers.LSTM(3), keras.layers.Dense(1, activation="sigmoid")])
        model.compile("adam", "binary_crossentropy")
        watch = Diagnose(x, y, max_overhead=limit)
        model.fit(x, y, batch_size=32, epochs=4, verbose=0, callbacks=[watch])
        counts.append([watch.record.probe_steps, watch.record.measured.curve("update_ratio").step.tolist()])
    (probes, updates), (probes_left, updates_left) = counts
    assert len(probes) > 8 and probes_left == [0, 32] and updates_left == updates == probes[1:]


@pytest.mark.slow
def test_it_writes_to_the_run_of_mlflows_autolog(tmp_path):
    """Both callbacks in one training; an artifact, tags and curves are beside what autolog writes."""
    import mlflow

    x, y = sequences()
    address = f"sqlite:///{tmp_path}/mlflow.db"
    mlflow.set_tracking_uri(address)
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("mine", artifact_location=str(tmp_path / "artifacts")))
    mlflow.keras.autolog(log_models=False)
    try:
        model = with_two_branches()
        model.compile("adam", "binary_crossentropy")
        watch = Diagnose(x, y, max_overhead=None)
        with mlflow.start_run() as run:
            model.fit(x, y, batch_size=16, epochs=2, verbose=0, callbacks=[watch])
    finally:
        mlflow.keras.autolog(disable=True)
        mlflow.set_tracking_uri(None)
    client = mlflow.MlflowClient(address)
    found = client.get_run(run.info.run_id).data
    assert found.metrics["loss"] > 0 and found.metrics["gradient/norm"] == pytest.approx(watch.record.measured.probe("gradient_norm").value[-1])
    assert found.tags["outcome"] == watch.diagnosis.outcome.word and found.params["optimizer_learning_rate"] == "0.0010000000474974513"
    stored = json.loads(Path(client.download_artifacts(run.info.run_id, "diagnosis/diagnosis.json", str(tmp_path))).read_text())
    assert stored == json.loads(json.dumps(watch.diagnosis.as_data()))


@pytest.mark.parametrize(
    ("x", "y", "options", "sentence"),
    [
        (np.zeros((3, 2)), np.zeros(4), {}, "3 and 4 samples"),
        (np.zeros((0, 2)), np.zeros(0), {}, "0 samples"),
        ([np.zeros(3), np.zeros(2)], np.zeros(3), {}, "2 and 3 samples"),
        (np.zeros(3), np.array([None] * 3), {}, "no arrays of samples"),
        (np.zeros(3), np.zeros(3), {"probes": 1}, "at least 2"),
        (np.zeros(3), np.zeros(3), {"max_overhead": 0}, "a share above 0"),
        (np.zeros(3), np.zeros(3), {"page": "no/such/folder/page.html"}, "does not exist"),
        (np.zeros(3), np.zeros(3), {"benchmark": "no/such/folder"}, "no results"),
    ],
)
def test_what_is_wrong_with_its_arguments_is_said_in_a_sentence(x, y, options, sentence):
    with pytest.raises(UsageError, match=sentence):
        Diagnose(x, y, **options)
