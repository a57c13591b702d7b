"""Programs whose inputs or targets are of another size than the weights."""

import numpy as np
from keras import Input, Sequential, layers, optimizers

from tests.diagnosis.programs import data
from tests.diagnosis.reports.report import report
from tests.diagnosis.reports.training import training


@report("https://github.com/keras-team/keras/issues/4563", "target_scale")
def very_high_targets_under_the_absolute_error():
    """Targets are very high, and steps of a size fixed by the rate never reach them."""
    random = np.random.default_rng(4563)
    x = random.normal(size=(600, 12, 4)).astype("float32")
    y = (250000 + 60000 * x[:, -3:, 0].sum(axis=1) + 20000 * x[:, -1, 1]).astype("float32")
    for targets in (y, (y - y.mean()) / y.std()):
        model = Sequential([Input((12, 4)), layers.LSTM(24), layers.Dropout(0.1), layers.Dense(1)])
        optimizer = optimizers.SGD(0.01, momentum=0.9, nesterov=True)
        yield training(model, data.split(x, targets), "mean_absolute_error", optimizer, epochs=20)


@report("https://stackoverflow.com/questions/52800582/why-do-i-fail-to-predict-y-x4-with-keras-y-x3-works", "target_scale", "input_scale", recurrent=False)
def fourth_power_of_a_hundred():
    """Inputs up to 100 and their fourth powers up to 1e8 are not scaled."""
    x = np.random.default_rng(52800582).uniform(-100, 100, (600, 1)).astype("float32")
    for scale in (1.0, 100.0):
        hidden = layers.Dense(50, activation="sigmoid"), layers.Dense(50, activation="elu")
        model = Sequential([Input((1,)), *hidden, layers.Dense(1)])
        yield training(model, data.split(x / scale, (x[:, 0] / scale) ** 4), "mse", optimizers.Adam(0.01), epochs=40)


@report("https://github.com/hunkim/DeepLearningZeroToAll/pull/137", "input_scale", "target_scale")
def stock_prices_and_volumes_as_they_are():
    """Prices near 800 and volumes near a million are given to an LSTM without scaling."""
    random = np.random.default_rng(137)
    wave = np.zeros((647, 4))
    for i in range(2, 647):
        wave[i] = 1.7 * wave[i - 1] - 0.9 * wave[i - 2] + 0.2 * random.normal(size=4)
    prices = 800 + 15 * wave
    volumes = 1.5e6 + 3e5 * random.normal(size=(647, 1))
    table = np.concatenate([prices, volumes], axis=1)
    for rows in (table, (table - table.min(axis=0)) / np.ptp(table, axis=0)):
        windows = np.stack([rows[i : i + 7] for i in range(640)]).astype("float32")
        next_close = rows[7:, 3].astype("float32")
        model = Sequential([Input((7, 5)), layers.LSTM(24), layers.Dense(1)])
        parts = windows[:480], next_close[:480], windows[480:], next_close[480:]
        yield training(model, parts, "mse", optimizers.Adam(0.01), epochs=15)


@report("https://github.com/Shubble-LLC/shubble/pull/353", "input_scale")
def coordinates_beside_velocities():
    """Latitudes and longitudes differ in the third decimal around 42 and -73, and the velocity beside them is small."""
    random = np.random.default_rng(353)
    progress = random.uniform(0, 1, (600, 1)) + 0.02 * np.arange(12) + 0.01 * random.normal(size=(600, 12))
    latitude = 42.73 + 0.012 * np.sin(2 * progress)
    longitude = -73.68 + 0.02 * progress
    velocity = 5 + random.normal(size=(600, 12))
    y = ((1.4 - progress[:, -1]) * 10 / 5).astype("float32")
    y = (y - y.mean()) / y.std()
    x = np.stack([latitude, longitude, velocity], axis=2)
    for features in (x, (x - x.mean(axis=(0, 1))) / x.std(axis=(0, 1))):
        model = Sequential([Input((12, 3)), layers.LSTM(24), layers.Dense(1)])
        yield training(model, data.split(features.astype("float32"), y), "mse", optimizers.Adam(0.005), epochs=12)
