"""JAX: vmap over the trials, scan over the time steps and over the training steps, one thread a process."""

import os

from tests.performance.workload import CLIP_NORM, LEARNING_RATE, RHO, Workload, sequences, take_turn

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
EPSILON = 1e-7


def prepare(workload: Workload):
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import jax
    import jax.numpy as jnp

    inputs, targets = sequences(workload)
    x, y = jnp.asarray(inputs.transpose(0, 2, 1, 3)), jnp.asarray(targets)  # [step, time, batch, 2]
    hidden, gates = workload.hidden, GATES[workload.model]

    def rnn(weights, h, inputs):
        return jnp.tanh(inputs @ weights["W"] + h @ weights["U"] + weights["b"])

    def lstm(weights, states, inputs):
        h, c = states
        i, f, g, o = jnp.split(inputs @ weights["W"] + h @ weights["U"] + weights["b"], 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return jax.nn.sigmoid(o) * jnp.tanh(c), c

    def gru(weights, h, inputs):
        x_z, x_r, x_h = jnp.split(inputs @ weights["W"] + weights["b"], 3, axis=-1)
        h_z, h_r, h_h = jnp.split(h @ weights["U"] + weights["b_recurrent"], 3, axis=-1)
        z = jax.nn.sigmoid(x_z + h_z)
        return z * h + (1 - z) * jnp.tanh(x_h + jax.nn.sigmoid(x_r + h_r) * h_h)

    cell = {"rnn": rnn, "lstm": lstm, "gru": gru}[workload.model]

    def loss_of(weights, sequence, target):
        zero = jnp.zeros((workload.batch, hidden))
        start = (zero, zero) if workload.model == "lstm" else zero
        last, _ = jax.lax.scan(lambda state, inputs: (cell(weights, state, inputs), None), start, sequence)
        h = last[0] if workload.model == "lstm" else last
        return jnp.mean((h @ weights["V"] + weights["c"] - target) ** 2)

    def step(carry, batch):
        weights, squares = carry
        loss, gradients = jax.value_and_grad(loss_of)(weights, *batch)
        norm = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(gradients)))
        gradients = jax.tree.map(lambda g: g * jnp.minimum(1, CLIP_NORM / norm), gradients)
        squares = jax.tree.map(lambda v, g: RHO * v + (1 - RHO) * g * g, squares, gradients)
        weights = jax.tree.map(lambda w, g, v: w - LEARNING_RATE * g * jax.lax.rsqrt(v + EPSILON), weights, gradients, squares)
        return (weights, squares), loss

    train_all = jax.jit(jax.vmap(lambda weights, squares, x, y: jax.lax.scan(step, (weights, squares), (x, y)), in_axes=(0, 0, None, None)))

    def initial(key):
        keys = jax.random.split(key, 3)
        weights = {
            "W": jax.random.normal(keys[0], (2, gates * hidden)) * 0.1,
            "U": jax.random.normal(keys[1], (hidden, gates * hidden)) * hidden**-0.5,
            "b": jnp.zeros(gates * hidden),
            "V": jax.random.normal(keys[2], (hidden, 1)) * hidden**-0.5,
            "c": jnp.zeros(1),
        }
        return weights | ({"b_recurrent": jnp.zeros(3 * hidden)} if workload.model == "gru" else {})

    def build():
        weights = jax.vmap(initial)(jax.random.split(jax.random.key(0), workload.trials))
        squares = jax.tree.map(jnp.zeros_like, weights)
        compiled = train_all.lower(weights, squares, x, y).compile()
        return lambda: float(compiled(weights, squares, x, y)[1][-1, -1])

    return build


if __name__ == "__main__":
    take_turn(prepare)
