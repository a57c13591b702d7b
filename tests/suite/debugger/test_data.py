"""Data as fit takes them: data sets are read as the arrays they are made of, and weights count in losses, gradients and the constant prediction."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.optimize import minimize

from unvanish.keras import Diagnose
from unvanish.keras import diagnose as diagnose_model
from unvanish.suite.debugger.data import checked
from unvanish.suite.debugger.evaluation import constant_prediction
from unvanish.suite.debugger.gradients import measure
from unvanish.suite.diagnosis.keras_training import Output
from unvanish.tasks.errors import UsageError

random = np.random.default_rng(0)
X = random.normal(size=(300, 4)).astype("float32")
Y = (X[:, 0] > 0.8).astype("float32")
WEIGHT = np.where(Y > 0, 4.0, 1.0).astype("float32")


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 10

    def __getitem__(self, number):
        part = slice(30 * number, 30 * number + 30)
        return X[part], Y[part], WEIGHT[part]


def network(units=1, activation="sigmoid", loss="binary_crossentropy"):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(units, activation)])
    model.compile("sgd", loss)
    return model


def slices(*arrays):
    return tf.data.Dataset.from_tensor_slices(arrays if len(arrays) > 1 else arrays[0])


@pytest.mark.parametrize("make", [lambda: slices(X, Y, WEIGHT).batch(30), Batches], ids=["tf.data", "PyDataset"])
def test_a_data_set_is_read_as_the_arrays_it_is_made_of(make):
    records, dataset = [], make()
    for given, of_fit in ((Diagnose(X, Y, sample_weight=WEIGHT, max_overhead=None), (X, Y)), (Diagnose(dataset, max_overhead=None), (dataset,))):
        weight = {"sample_weight": WEIGHT, "batch_size": 30} if len(of_fit) == 2 else {}
        network().fit(*of_fit, **weight, epochs=2, shuffle=False, verbose=0, callbacks=[given])
        records.append(given.record)
    arrays, read = records
    np.testing.assert_array_equal(read.end.loss, arrays.end.loss)
    np.testing.assert_array_equal(read.end.constant, arrays.end.constant)
    np.testing.assert_array_equal(read.measured.probe("gradient_norm").value, arrays.measured.probe("gradient_norm").value)


def test_of_a_large_data_set_the_first_samples_are_read_and_of_one_without_end_too():
    endless = slices(X, Y).repeat().batch(7)
    found = checked(endless, max_samples=100)
    assert found.samples == 100 and found.weight is None
    np.testing.assert_array_equal(found.x, X[:100])


@pytest.mark.parametrize(
    ("loss", "target", "size"),
    [
        ("binary_crossentropy", Y, 1),
        ("mean_squared_error", X[:, 1], 1),
        ("mean_absolute_error", X[:, 1], 1),
        ("sparse_categorical_crossentropy", np.digitize(X[:, 1], [-1.0, 0.5]), 3),
        ("categorical_crossentropy", np.eye(3)[np.digitize(X[:, 1], [-1.0, 0.5])], 3),
    ],
)
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_no_constant_has_a_lower_loss_than_the_one_that_is_called_best(loss, target, size, weight):
    """Against SciPy, which is told nothing but Keras' loss."""
    output = Output("out", loss, False, "", size, (size,), (), 0.0, 1.0, 0.0, 1.0, 1.0, True, False)
    of = keras.losses.get(loss)

    def at(constant):
        predicted = np.broadcast_to(constant, (len(target), size)).astype("float64")
        given = target[:, None] if np.ndim(target) == 1 and size == 1 else target
        losses = np.asarray(of(given.astype("float64"), predicted))
        return float(np.average(losses, weights=weight))

    def softmax(free):
        return np.exp(free) / np.exp(free).sum() if size > 1 else 1 / (1 + np.exp(-free)) if "cross" in loss else free

    best = minimize(lambda free: at(softmax(free)), np.zeros(size), method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-10, "maxiter": 4000})
    assert at(constant_prediction(output, np.asarray(target), weight)) == pytest.approx(best.fun, abs=2e-4)


def test_weights_of_0_and_1_are_the_gradient_of_a_part_of_the_batch():
    model = network()
    chosen = np.arange(32) % 2 == 0
    weighted = measure(model, checked(X[:32], Y[:32, None], chosen.astype("float32")))
    part = measure(model, checked(X[:32][chosen], Y[:32, None][chosen]))
    assert weighted.norm == pytest.approx(part.norm / 2, rel=1e-5)  # Keras divides by the size of the batch


def test_a_rare_class_that_counts_more_is_learned_where_the_weights_are_given():
    """Class weights of 20 move every probability up: unweighted, the loss is worse than a constant's although the model has learned."""
    weight = np.where(Y > 0, 20.0, 1.0)
    found = {}
    for name, given in (("without", None), ("with", weight)):
        model = network()
        model.compile(keras.optimizers.SGD(0.02), "binary_crossentropy")
        watch = Diagnose(X, Y, sample_weight=given, max_overhead=None)
        model.fit(X, Y, class_weight={0: 1.0, 1: 20.0}, epochs=3, verbose=0, callbacks=[watch])
        found[name] = watch.diagnosis.outcome.word
    assert found == {"without": "baseline", "with": "learning"}


def test_diagnose_trains_a_copy_with_the_weights():
    found = diagnose_model(network(), X, Y, sample_weight=WEIGHT, steps=20)
    assert found.record.end.constant.mean() > diagnose_model(network(), X, Y, steps=20).record.end.constant.mean()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: (X,), "y is missing beside x, a ndarray"),
        (lambda: (slices(X, Y).batch(10), Y), "give the data set alone"),
        (lambda: (slices(X).batch(10),), "hold no targets"),
        (lambda: (slices(X, Y).batch(10).take(0),), "the data set is empty"),
        (lambda: (X, Y, WEIGHT[:7]), "have 7 and 300 samples"),
    ],
)
def test_what_is_no_data_for_fit_is_said_in_a_sentence(make, said):
    given = make()
    with pytest.raises(UsageError, match=said):
        Diagnose(*given[:2], sample_weight=given[2] if len(given) > 2 else None)
