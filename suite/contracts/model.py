"""The contract of a model: its equation, its gradient, no influence of one trial on another, and none of the future on the past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from unvanish.suite.contracts.attributes import check_attributes
from unvanish.suite.contracts.check import Check, DoesNotHold, NotApplicable, counted, require
from unvanish.suite.models import MODELS, Cell, Gate, KerasModel, Model, Sizes
from unvanish.tasks.copy_memory import CopyMemory

if TYPE_CHECKING:
    from unvanish.suite.contracts.networks import Networks

TASK = CopyMemory(3, copied=2, symbols=4)  # seven steps, with a loss at each
SIZES = Sizes(TASK.input_size, 8, TASK.output_size, TASK.length)
ROUNDING = 1e-5  # of what is the same but for the order in which it was computed, relative to the largest number
GRADIENT_ROUNDING = 1e-3, 2e-6  # relative and absolute
NONE = ["none"] * 3
FUNCTIONS = ("sigmoid", "activation", "identity")


def attributes(model: Model) -> str:
    """Check class attributes, and that the name is valid and unique."""
    return check_attributes(model, Cell if isinstance(model, Cell) else KerasModel, MODELS)


def gates(model: Model) -> str:
    """Check the gates and states of a cell."""
    if not isinstance(model, Cell):
        raise NotApplicable("a Keras model has no gates")
    require(model.gates and all(isinstance(gate, Gate) for gate in model.gates), f"gates are {model.gates!r}; they must be a tuple of Gate")
    names = [gate.name for gate in model.gates]
    require(len(set(names)) == len(names), f"two gates have one name, {names}; give each a name of its own")
    for gate in model.gates:
        require(gate.function in FUNCTIONS, f"the function of the gate {gate.name} is {gate.function!r}; choose from {', '.join(FUNCTIONS)}")
        require(gate.keeps in (-1, 0, 1), f"keeps of the gate {gate.name} is {gate.keeps!r}; it must be -1, 0 or 1")
        require(gate.input or gate.recurrent, f"the gate {gate.name} depends on neither input nor hidden state; set one of them")
    require(any(gate.input for gate in model.gates), "no gate depends on the input; set input of one of them")
    require(model.states and all(isinstance(state, str) for state in model.states), f"states are {model.states!r}; they must be the names of the states")
    require(not (model.memoryless and model.recurrent_blocks), "memoryless is True and a gate is recurrent; set one of them to False")
    return f"{counted(len(names), 'gate')} ({', '.join(names)}) and {counted(len(model.states), 'state')}"


def weights(model: Model) -> str:
    """Check that initial weights are a function of the seed, and their number."""
    first, again, other = (model.initial_weights(SIZES, seed) for seed in (1, 1, 2))
    for name, weight in first.items():
        require(weight.dtype == np.float32, f"the initial weight {name} is {weight.dtype}; it must be float32")
        require(np.isfinite(weight).all(), f"the initial weight {name} is not finite; correct initial_weights")
        require(again[name].shape == weight.shape, f"the initial weight {name} has another shape when drawn again; make it a function of the sizes")
        require(np.array_equal(again[name], weight), f"the initial weight {name} is another when drawn again from the same seed; draw it from the seed alone")
    require(any(not np.array_equal(other[name], first[name]) for name in first), "two seeds have the same initial weights; draw them from the seed")
    count = sum(weight.size for weight in first.values())
    require(model.parameters(SIZES) == count, f"parameters says {model.parameters(SIZES)} and the weights have {count} numbers; correct parameters")
    return f"{count} parameters in {len(first)} weights, drawn from the seed"


def states(model: Model) -> str:
    """Check that `combine` of a cell returns one tensor a state."""
    import tensorflow as tf

    if not isinstance(model, Cell):
        raise NotApplicable("a Keras model has no equation of a time step")
    shape = [2, 3, 4]
    values = [tf.random.stateless_normal(shape, (0, index)) for index in range(len(model.gates) + len(model.states))]
    new = model.combine(values[: len(model.gates)], tuple(values[len(model.gates) :]), tf.tanh)
    require(isinstance(new, tuple), f"combine returns {type(new).__name__}; it must return a tuple of the new states, as in (h,)")
    require(len(new) == len(model.states), f"combine returns {len(new)} tensors and states names {len(model.states)}; return one for each state")
    for name, state in zip(model.states, new, strict=True):
        require(state.shape == shape, f"combine returns {state.shape} for the state {name} from gates of shape {shape}; it must be the same shape")
    return f"combine returns {counted(len(new), 'state')} of the shape of the gates"


def outputs(model: Model) -> str:
    """Check shape and finiteness of the outputs."""
    made = networks(model)
    found = outputs_of(made, inputs_for(made))
    require(found.shape[-1] == TASK.output_size and np.isfinite(found).all(), f"outputs of shape {found.shape} are not finite at the initial weights")
    return f"finite, {TASK.output_size} at each of {TASK.length} steps"


def causality(model: Model) -> str:
    """Check that no output depends on a later input."""
    made = networks(model)
    later = influence_of_later_inputs(made)
    if not model.causal:
        raise NotApplicable("it says that it sees the whole sequence (causal = False), and is refused where a task asks at more than one step")
    if later is not None:
        raise DoesNotHold(
            f"its output at step {later} depends on later inputs; mask them, or add causal = False to its class, with which it is refused on tasks "
            "that ask at more than one step and marked on every page"
        )
    return f"no output of {TASK.length} steps depends on a later input"


def memory(model: Model) -> str:
    """Check that the outputs depend on earlier inputs, unless the model says that it is memoryless."""
    made = networks(model)
    inputs = inputs_for(made)
    changed = np.concatenate([other_inputs(inputs)[:-1], inputs[-1:]])
    depends = differ(outputs_of(made, inputs)[-1], outputs_of(made, changed)[-1])
    if model.memoryless:
        require(not depends, "memoryless is True and the last output depends on earlier inputs; set memoryless = False")
        return "the last output depends on the last input alone, as memoryless says"
    require(depends, "the last output depends on no earlier input; set memoryless = True, or correct it")
    return "the last output depends on earlier inputs"


def gradient(model: Model) -> str:
    """Check the written-out backward pass of a cell against automatic differentiation of its forward pass."""
    if not isinstance(model, Cell):
        raise NotApplicable("a Keras model is differentiated automatically")
    names = largest_difference = 0.0
    for mitigations in (["none", "none"], ["layer_norm", "leaky"]):
        applicable = [name if applies(name, model) else "none" for name in mitigations]
        names, found = compare_with_differentiation(model, applicable)
        largest_difference = max(largest_difference, found)
    return f"the gradients of {names} weights are those of automatic differentiation, to {largest_difference:.1g} of the largest"


def independence(model: Model) -> str:
    """Check that loss and gradient of a trial do not depend on the trials beside it, nor on its place among them."""
    from unvanish.suite.contracts.networks import operation_by_operation, small_networks, training_batch

    with operation_by_operation():
        made = small_networks(TASK, model, NONE)
        inputs, targets = training_batch(TASK, model, (1, 2, 3))
        first, second = made.trials([0, 1]).one_step(inputs, targets), made.trials([2, 0]).one_step(inputs, targets)
    require(not differ(first.loss[0], second.loss[1]), f"the loss of a trial depends on the trials beside it; {MIXES}")
    for name in first.gradients:
        same = not differ(first.gradients[name][0], second.gradients[name][1])
        require(same, f"the gradient of {name} of a trial depends on the trials beside it; {MIXES}")
    return "loss and gradient of a trial do not depend on those beside it"


def repeatability(model: Model) -> str:
    """Check that the same trial has the same numbers twice."""
    from unvanish.suite.contracts.networks import operation_by_operation, small_networks, training_batch

    with operation_by_operation():
        inputs, targets = training_batch(TASK, model, (1, 2))
        first, second = (small_networks(TASK, model, NONE[:2]).one_step(inputs, targets) for _ in range(2))
    same = np.array_equal(first.loss, second.loss) and all(np.array_equal(first.gradients[name], second.gradients[name]) for name in first.gradients)
    require(same, "the same trial has another loss or gradient when trained again; draw random numbers from layers of Keras, which are seeded for each trial")
    return "the same trial has the same numbers twice"


def compiled(model: Model) -> str:
    """Check that a training step can be compiled."""
    from unvanish.suite.contracts.networks import small_networks, training_batch

    loss = small_networks(TASK, model, NONE[:2]).one_step(*training_batch(TASK, model, (1, 2))).loss
    require(np.isfinite(loss).all(), "its loss is not finite at the first training step; correct its initial weights")
    return "a training step compiles"


MIXES = "no operation may mix trials, which are the first axis of every tensor"


def applies(mitigation: str, model: Model) -> bool:
    """Return whether a mitigation applies to a model."""
    from unvanish.suite.mitigations import find

    return find(mitigation).not_applicable(model) is None


def networks(model: Model) -> Networks:
    """Return two trials of a model that were not trained."""
    from unvanish.suite.contracts.networks import small_networks

    return small_networks(TASK, model, NONE[:2])


def inputs_for(made: Networks) -> np.ndarray:
    """Return random inputs, [T, S, B, F]."""
    return np.random.default_rng(1).normal(size=(TASK.length, len(made.combinations), 4, TASK.input_size)).astype(np.float32)


def other_inputs(inputs: np.ndarray) -> np.ndarray:
    """Return other random inputs of the same shape, which are further from zero."""
    return np.random.default_rng(2).normal(scale=2, size=inputs.shape).astype(np.float32)


def outputs_of(made: Networks, inputs: np.ndarray) -> np.ndarray:
    """Return the outputs, [T, E, B, C]."""
    import tensorflow as tf

    return made.outputs(tf.constant(inputs)).numpy()


def influence_of_later_inputs(made: Networks) -> int | None:
    """Return the first step whose output changes with later inputs; None where none does."""
    inputs = inputs_for(made)
    others, found = other_inputs(inputs), outputs_of(made, inputs)
    for step in range(TASK.length - 1):
        changed = outputs_of(made, np.concatenate([inputs[: step + 1], others[step + 1 :]]))
        if differ(found[: step + 1], changed[: step + 1]):
            return step
    return None


def compare_with_differentiation(model: Model, mitigations: list[str]) -> tuple[int, float]:
    """Compare loss and gradients of trials with these mitigations with those of automatic differentiation.

    Returns the number of weights, and the largest difference relative to the largest element of a gradient. Raises `DoesNotHold`.
    """
    import tensorflow as tf

    from unvanish.suite.contracts.networks import operation_by_operation, small_networks, training_batch
    from unvanish.suite.training.losses import losses

    with operation_by_operation():
        made = small_networks(TASK, model, mitigations, hidden=5)
        inputs, targets = training_batch(TASK, model, made.settings.seed.numpy().tolist())
        actual = made.one_step(inputs, targets)
        with tf.GradientTape() as tape:
            tape.watch(made.weights)
            loss = losses(made.shape, made.outputs(inputs), tf.gather(targets, made.settings.sequence_index, axis=1))
    require(np.allclose(actual.loss, loss, rtol=1e-5), f"the loss of a training step is {actual.loss}, and that of its outputs {loss.numpy()}")
    relative, absolute = GRADIENT_ROUNDING
    largest = 0.0
    for name, derivative in tape.gradient(loss, made.weights, unconnected_gradients=tf.UnconnectedGradients.ZERO).items():
        expected, found = derivative.numpy(), actual.gradients[name]
        off = np.abs(found - expected)
        close = (off <= absolute + relative * np.abs(expected)).all()
        require(close, f"the gradient of {name} is off by {off.max():.2g}, where automatic differentiation gives up to {np.abs(expected).max():.2g}")
        largest = max(largest, float(off.max() / max(np.abs(expected).max(), 1e-30)))
    return len(actual.gradients), largest


def differ(first: Any, second: Any, rounding: float = ROUNDING) -> bool:
    """Return whether two arrays differ by more than rounding."""
    scale = max(np.abs(first).max(), np.abs(second).max())
    return not np.abs(np.asarray(first) - second).max() <= rounding * scale + 1e-9


CONTRACT = (
    Check("attributes", attributes, essential=True),
    Check("gates", gates, essential=True),
    Check("initial weights", weights, essential=True),
    Check("states", states, stage="run", essential=True),
    Check("outputs", outputs, stage="run", essential=True),
    Check("causality", causality, stage="run"),
    Check("memory", memory, stage="run"),
    Check("gradient", gradient, stage="run"),
    Check("independence of trials", independence, stage="run"),
    Check("the same numbers twice", repeatability, stage="run"),
    Check("compiles", compiled, stage="check"),
)
