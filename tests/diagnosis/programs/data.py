"""The data of the programs: made ones, and the small real ones that scikit-learn brings. Every function returns training data and fresh data."""

from __future__ import annotations

import numpy as np
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

Parts = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def split(x, y, seed: int = 0) -> Parts:
    """x, y, and a quarter of them as fresh data."""
    x, new_x, y, new_y = train_test_split(x, y, test_size=0.25, random_state=seed)
    return x, y, new_x, new_y


def standardised(x, y, targets: bool = False) -> Parts:
    """Inputs, and targets where asked for, with the training part's mean 0 and deviation 1."""
    x, y, new_x, new_y = split(x.astype("float32"), y)
    scaler = StandardScaler().fit(x)
    if targets:
        mean, deviation = y.mean(), y.std()
        y, new_y = ((part - mean) / deviation for part in (y, new_y))
        y, new_y = y.astype("float32"), new_y.astype("float32")
    return scaler.transform(x), y, scaler.transform(new_x), new_y


def blobs(classes: int = 4, features: int = 10, spread: float = 3.0, count: int = 1200) -> Parts:
    """Gaussian classes."""
    return standardised(*datasets.make_blobs(count, features, centers=classes, cluster_std=spread, random_state=3))


def friedman(count: int = 1000) -> Parts:
    """Friedman's first regression (1991)."""
    return standardised(*datasets.make_friedman1(count, 10, noise=1.0, random_state=1), targets=True)


def moons(count: int = 1000, noise: float = 0.2) -> Parts:
    return standardised(*datasets.make_moons(count, noise=noise, random_state=2))


def circles(count: int = 1000) -> Parts:
    return standardised(*datasets.make_circles(count, noise=0.1, factor=0.5, random_state=2))


def digits() -> Parts:
    """8 x 8 pictures of digits, from 0 to 1."""
    found = datasets.load_digits()
    return split((found.data / 16).astype("float32"), found.target)


def real(name: str, **options) -> Parts:
    """A data set of scikit-learn, standardised."""
    found = getattr(datasets, f"load_{name}")()
    return standardised(found.data, found.target, **options)


def first_sign(lag: int, count: int = 1000, features: int = 1, seed: int = 4) -> Parts:
    """Whether the first number of a sequence was positive; noise follows."""
    random = np.random.default_rng(seed)
    x = 0.3 * random.normal(size=(count, lag + 1, features)).astype("float32")
    x[:, 0, 0] = random.choice([-1, 1], count)
    return split(x, (x[:, 0, 0] > 0).astype("int32"))


def totals(length: int = 10, count: int = 1000) -> Parts:
    """The sum of a sequence over the square root of its length."""
    random = np.random.default_rng(5)
    x = random.normal(size=(count, length, 1)).astype("float32")
    return split(x, x[..., 0].sum(axis=1) / np.sqrt(length))


def more_often(length: int = 12, count: int = 1200) -> Parts:
    """Token ids; whether 1 comes more often than 2."""
    random = np.random.default_rng(6)
    x = random.integers(1, 6, size=(count, length))
    return split(x, ((x == 1).sum(axis=1) > (x == 2).sum(axis=1)).astype("int32"))


def wave(length: int = 20, count: int = 800) -> Parts:
    """A sine of unknown phase and frequency with noise; its next value."""
    random = np.random.default_rng(7)
    phase, frequency = random.uniform(0, 6, (count, 1)), random.uniform(0.2, 0.6, (count, 1))
    values = np.sin(phase + frequency * np.arange(length + 1)) + 0.05 * random.normal(size=(count, length + 1))
    return split(values[:, :-1, None].astype("float32"), values[:, -1].astype("float32"))


def tags(length: int = 12, count: int = 600) -> Parts:
    """Token ids; at each step whether this token is larger than the one before."""
    random = np.random.default_rng(8)
    x = random.integers(1, 8, size=(count, length))
    y = np.zeros_like(x)
    y[:, 1:] = x[:, 1:] > x[:, :-1]
    return split(x, y)


def adding(length: int = 8, count: int = 1500) -> Parts:
    """Hochreiter and Schmidhuber's adding problem (1997): the sum of two marked numbers."""
    random = np.random.default_rng(9)
    values, marks = random.uniform(-1, 1, (count, length)), np.zeros((count, length))
    for row in marks:
        row[random.choice(length, 2, replace=False)] = 1
    return split(np.stack([values, marks], axis=2).astype("float32"), (values * marks).sum(axis=1).astype("float32"))


def which_first(length: int = 10, count: int = 1200, padded: bool = False) -> Parts:
    """Token ids; which of 1, 2 and 3 came first, as one-hot rows; with zeros at the end where padded."""
    random = np.random.default_rng(10)
    x = random.integers(4, 9, size=(count, length))
    order = np.array([random.permutation([1, 2, 3]) for _ in range(count)])
    places = np.array([np.sort(random.choice(length // 2, 3, replace=False)) for _ in range(count)])
    np.put_along_axis(x, places, order, axis=1)
    if padded:
        x[np.arange(length) >= random.integers(length // 2, length + 1, (count, 1))] = 0
    return split(x, np.eye(3, dtype="float32")[order[:, 0] - 1])


def autoregression(length: int = 20, count: int = 600) -> Parts:
    """A second-order autoregressive process; at each step its next value."""
    random = np.random.default_rng(11)
    values = np.zeros((count, length + 21))
    for t in range(2, values.shape[1]):
        values[:, t] = 1.5 * values[:, t - 1] - 0.8 * values[:, t - 2] + 0.3 * random.normal(size=count)
    values = (values[:, 20:] / values[:, 20:].std()).astype("float32")
    return split(values[:, :-1, None], values[:, 1:, None])


def running_maximum(length: int = 12, count: int = 900) -> Parts:
    """The largest number of a sequence."""
    x = np.random.default_rng(12).normal(size=(count, length, 1)).astype("float32")
    y = x[..., 0].max(axis=1)
    return split(x, (y - y.mean()) / y.std())


def noisy(y, share: float, classes: int, seed: int = 13) -> np.ndarray:
    """Labels of which a share is replaced by any class."""
    random = np.random.default_rng(seed)
    return np.where(random.random(len(y)) < share, random.integers(classes, size=len(y)), y)


def shuffled(y) -> np.ndarray:
    """The targets in another order than the inputs."""
    return np.random.default_rng(14).permutation(y)
