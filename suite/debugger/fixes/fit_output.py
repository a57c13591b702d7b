"""A last layer and a loss that fit the targets: units, activation, and labels numbered from 0."""

from dataclasses import dataclass, replace

import keras
import numpy as np

from unvanish.suite.debugger.architecture import named_loss
from unvanish.suite.debugger.fixes.standardise_targets import standardised
from unvanish.suite.debugger.judging import truth_of
from unvanish.suite.debugger.output_layers import last_activation, last_layers, with_last_layer
from unvanish.suite.debugger.program import Change, Fix, Reading

MAX_NUMBERED = 20  # distinct whole numbers under a regression loss that may be classes
BOUNDED = ("sigmoid", "softmax", "tanh", "relu")


@dataclass(frozen=True)
class Form:
    """A last layer and a loss, and labels in the order of the units where the targets are to be numbered anew."""

    units: int
    activation: str
    loss: str
    labels: tuple[float, ...] = ()


def propose(program):
    """The usual form for the targets, where the program has another that does not fit."""
    dense, _ = last_layers(program)
    target, reading = program.targets[0], program.readings[0]
    truth = truth_of(target, reading)
    size = target.shape[-1] if target.ndim > 1 else 1
    if truth.kind == "binary":
        return changes(program, [Form(size, "sigmoid", "binary_crossentropy")])
    if truth.kind == "classes" and size > 1 and np.isin(target, (0, 1)).all():
        return changes(program, [Form(size, "softmax", "categorical_crossentropy")])
    if truth.kind == "classes":
        return changes(program, forms_of_labels(truth.labels, dense.units))
    if reading.kind != "number":
        return [Change("a last layer without activation, the squared error and standardised targets", as_numbers, LINEAR)]
    found = []
    if last_activation(program) in BOUNDED or dense.units != size:
        found.append(Change("a last layer without activation", lambda program: with_form(program, Form(size, "linear", ""), reading), LINEAR))
    labels = np.unique(target)
    if 2 < len(labels) <= MAX_NUMBERED and np.array_equal(labels, np.round(labels)):
        found += changes(program, forms_of_labels(labels, 0))
    return found


LINEAR = 'keras.layers.Dense(units)  # without an activation, for targets that are numbers\nloss="mse"\n'


def forms_of_labels(labels, units):
    """For numbered classes a softmax of a unit a class, and for two of them a sigmoid."""
    named = tuple(float(label) for label in labels)
    softmax = Form(len(named), "softmax", "sparse_categorical_crossentropy", named)
    if units > len(named) and named == tuple(range(len(named))):
        softmax = replace(softmax, units=units)  # classes that these data lack
    return [Form(1, "sigmoid", "binary_crossentropy", named)] if len(named) == 2 and units < 2 else [softmax]


def changes(program, forms):
    """The changes to these forms; none where the program has one of them, or the same with logits."""
    if any(has(program, form) for form in forms):
        return []
    return [to_form(form) for form in forms]


def to_form(form):
    """The change to one form."""
    return Change(name_of(form), lambda program: with_form(program, form, reading_of(form)), code_of(form))


def has(program, form):
    """Return whether a program has a form already."""
    dense, _ = last_layers(program)
    loss, logits = named_loss(program.loss) if not isinstance(program.loss, (list, dict)) else ("", False)
    activation = "linear" if logits else form.activation
    numbered = form.labels in ((), tuple(float(label) for label in range(len(form.labels))))
    return numbered and dense.units == form.units and loss == form.loss and last_activation(program) == activation


def name_of(form):
    """The form in a few words."""
    units = f"{form.units} unit{'s' if form.units > 1 else ''}"
    numbered = form.labels in ((), tuple(float(label) for label in range(len(form.labels))))
    return f"{units} with {form.activation} and {form.loss}{'' if numbered else ', labels numbered from 0'}"


def code_of(form):
    """Keras code for it."""
    numbered = form.labels in ((), tuple(float(label) for label in range(len(form.labels))))
    labels = "" if numbered else "labels, y = np.unique(y, return_inverse=True)  # numbered from 0\n"
    return f'{labels}keras.layers.Dense({form.units}, activation="{form.activation}")\nloss="{form.loss}"\n'


def reading_of(form):
    """The meaning of its outputs."""
    if form.activation == "sigmoid":
        return Reading("binary", labels=np.array(form.labels or (0, 1)))
    return Reading("classes", labels=np.array(form.labels) if form.labels and len(form.labels) == form.units else np.arange(form.units))


def with_form(program, form, reading):
    """The program with this last layer, loss and numbering."""
    model = with_last_layer(program, form.units, form.activation)
    y = program.data.y
    if form.labels:
        y = keras.tree.map_structure(lambda target: np.searchsorted(form.labels, target).astype(np.int32), y)
    return replace(program, model=model, loss=form.loss or program.loss, data=replace(program.data, y=y), readings=(reading,))


def as_numbers(program):
    """The program as a regression."""
    target = program.targets[0]
    size = target.shape[-1] if target.ndim > 1 else 1
    return standardised(with_form(program, Form(size, "linear", "mean_squared_error"), Reading("number")))


FIX = Fix("fit_output", frozenset({"wrong_output"}), propose, 1, part="targets")
