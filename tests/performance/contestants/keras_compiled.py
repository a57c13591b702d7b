"""Keras as a good engineer would write it: plain layers, many steps in one compiled program, one thread a process."""

from tests.performance.workload import CLIP_NORM, LEARNING_RATE, RHO, Workload, sequences, take_turn


def prepare(workload: Workload):
    from unvanish.suite.execution.tensorflow_setup import prepare_tensorflow

    prepare_tensorflow()
    import keras
    import tensorflow as tf

    inputs, targets = map(tf.constant, sequences(workload))
    layer = {"rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[workload.model]

    def build():
        network = keras.Sequential([keras.Input((workload.length, 2)), layer(workload.hidden), keras.layers.Dense(1)])
        optimizer = keras.optimizers.RMSprop(LEARNING_RATE, rho=RHO, global_clipnorm=CLIP_NORM)
        optimizer.build(network.trainable_variables)

        @tf.function(jit_compile=True, autograph=True)
        def train_steps(x, y):
            loss = tf.constant(0.0)
            for step in tf.range(workload.steps):
                with tf.GradientTape() as tape:
                    loss = tf.reduce_mean(tf.square(network(x[step], training=True) - y[step]))
                gradients = tape.gradient(loss, network.trainable_variables)
                optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
            return loss

        starts = [[keras.initializers.GlorotUniform(seed)(weight.shape) for weight in network.weights] for seed in range(workload.trials)]
        train_steps(inputs, targets)

        def train() -> float:
            for start in starts:
                for variable, value in zip([*network.weights, *optimizer.variables], [*start, *(v * 0 for v in optimizer.variables)], strict=True):
                    variable.assign(tf.cast(value, variable.dtype))
                loss = train_steps(inputs, targets)
            return float(loss)

        return train

    return build


if __name__ == "__main__":
    take_turn(prepare)
