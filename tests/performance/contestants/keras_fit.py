"""Keras: a `fit` for each trial, one after the other, with all cores for each."""

from tests.performance.workload import CLIP_NORM, LEARNING_RATE, RHO, Workload, sequences, take_turn


def prepare(workload: Workload):
    from unvanish.suite.silence_stderr import silence_stderr

    with silence_stderr():
        import keras
    inputs, targets = sequences(workload)
    x, y = inputs.reshape(-1, workload.length, 2), targets.reshape(-1, 1)
    layer = {"rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[workload.model]

    def build():
        networks = []
        for _ in range(workload.trials):
            network = keras.Sequential([keras.Input((workload.length, 2)), layer(workload.hidden), keras.layers.Dense(1)])
            network.compile(keras.optimizers.RMSprop(LEARNING_RATE, rho=RHO, global_clipnorm=CLIP_NORM), "mse")
            network.fit(x[: 2 * workload.batch], y[: 2 * workload.batch], batch_size=workload.batch, verbose=0)
            networks.append(network)

        def train() -> float:
            return [network.fit(x, y, batch_size=workload.batch, shuffle=False, verbose=0) for network in networks][-1].history["loss"][-1]

        return train

    return build


if __name__ == "__main__":
    take_turn(prepare)
