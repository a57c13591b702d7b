"""How far the recurrent weights go: held against the weights themselves, and what it says of real trainings against what rescues them."""

import keras
import numpy as np
import pytest

from unvanish.keras import Diagnose
from unvanish.suite.debugger.weights import READ_EVERY, RecurrentChanges
from unvanish.tasks import TASKS
from unvanish.tasks.seeding import generator


class Weights(keras.callbacks.Callback):
    """Keeps all weights after every batch."""

    def on_train_begin(self, logs=None):
        self.kept = [self.model.get_weights()]

    def on_train_batch_end(self, batch, logs=None):
        self.kept.append(self.model.get_weights())


def test_the_ratios_are_those_of_the_weights_every_few_steps():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(80, 6, 2)).astype("float32"), random.normal(size=(80, 1)).astype("float32")
    model = keras.Sequential([keras.Input((6, 2)), keras.layers.GRU(5, name="gru"), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.5), "mse")
    watch, weights = Diagnose(x, y), Weights()
    model.fit(x, y, batch_size=4, epochs=1, shuffle=False, verbose=0, callbacks=[watch, weights])
    kernels = [kept[1] for kept in weights.kept]  # kernel, recurrent kernel, bias
    wanted = [np.linalg.norm(kernels[end] - kernels[end - READ_EVERY]) / np.linalg.norm(kernels[end - READ_EVERY]) for end in range(READ_EVERY, 21, READ_EVERY)]
    steps, changes = watch.record.measured.probe("recurrent_change", "gru")
    np.testing.assert_array_equal(steps, range(READ_EVERY, 21, READ_EVERY))
    np.testing.assert_allclose(changes, wanted, rtol=1e-5)


def test_what_has_no_trained_recurrent_weights_is_not_read():
    frozen = keras.layers.LSTM(3, name="frozen", return_sequences=True)
    frozen.trainable = False
    model = keras.Sequential([keras.Input((4, 2)), frozen, keras.layers.SimpleRNN(3, name="rnn"), keras.layers.Dense(1)])
    assert list(RecurrentChanges(model).cells) == ["rnn"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_real_training_that_explodes_is_rescued_by_clipping_and_not_by_a_lower_rate_alone(seed):
    """A plain network on the order of two symbols 24 steps back: what else is seen at its end, saturation or a vanished gradient, came after the spike.

    The rate of the network that fails is so high that it explodes whatever the rounding of a machine; clipping has the rate that suits it.
    """
    task = TASKS["temporal_order"](30)
    training = task.draw(generator("training", seed), 48_000)

    def trained(rate, **clipping):
        keras.utils.set_random_seed(seed)
        layer = keras.layers.SimpleRNN(32, recurrent_initializer=keras.initializers.RandomNormal(stddev=32**-0.5))
        model = keras.Sequential([keras.Input(training.inputs.shape[1:]), layer, keras.layers.Dense(task.output_size)])
        model.compile(keras.optimizers.SGD(rate, **clipping), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        watch = Diagnose(training.inputs, training.targets)
        model.fit(training.inputs, training.targets, batch_size=32, epochs=1, verbose=0, callbacks=[watch])
        return watch.diagnosis

    failed, lower, rescued = trained(0.5), trained(0.2), trained(0.2, global_clipnorm=1.0)
    assert failed.findings[0].cause in ("exploded", "rate_too_high")  # at so high a rate the rounding decides which is first
    assert all("global_clipnorm" in finding.snippet for finding in failed.findings if finding.cause == "exploded")
    assert lower.outcome.score < 0.9
    assert rescued.healthy and rescued.outcome.score > 0.9
