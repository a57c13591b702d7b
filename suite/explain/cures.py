"""The cures, each applied to the same cases by its own hooks: where it acts, and one update with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from itertools import groupby
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unvanish.suite.explain.cases import Case
from unvanish.suite.explain.network import Networks, Weights, side_by_side
from unvanish.suite.mitigations import MITIGATIONS, Combination, find
from unvanish.suite.mitigations.mitigation import InitContext
from unvanish.suite.models import MODELS, Cell, Sizes
from unvanish.suite.models.effect import RATE, Effect
from unvanish.suite.models.rnn import MODEL as RNN


@dataclass(frozen=True)
class Cure:
    """A mitigation of a vanilla network, or a gated cell in its place.

    title, detail  its name and its setting
    acts_on        the hook points at which it acts
    explain        makes a sentence of an effect
    """

    name: str
    title: str
    detail: str
    acts_on: str
    reference: str
    explain: Callable[[Effect], str]
    cell: Cell
    mitigation: Combination

    def sentence(self, effect: Effect) -> str:
        """Return what the cure did, from the figures; where it did not help, that is said."""
        if effect.plain is not None and effect.plain.size == "usable":
            return f"Nothing to cure: without it the change is {effect.plain.change:.1e}. Try a longer gap."
        return self.explain(effect)


def cures() -> list[Cure]:
    """Return plain training, then every mitigation and every gated cell that explains itself."""
    explained: list[Cure] = []
    for mitigation in MITIGATIONS:
        if mitigation.overrides("explain") and mitigation().not_applicable(RNN) is None:
            used = mitigation()
            acts_on = ", ".join(used.hook_points()) or "–"
            detail = used.detail.format(**used.parameters)
            explained.append(Cure(used.name, used.title or used.name, detail, acts_on, used.reference, used.explain, RNN, find(used.name)))
    for model in MODELS:
        if isinstance(model, Cell) and model.gated and type(model).explain is not Cell.explain and candidate(model) is not None:
            explained.append(Cure(model.name, model.title, model.detail, "cell", model.reference, model.explain, model, find("none")))
    return explained


def apply_cures(known: Sequence[Cure], cases: Sequence[Case], seed: int) -> list[list[Effect]]:
    """Return the effect of each cure on each case, one list a case; all of one cell are computed side by side, in one cohort."""
    effects: dict[tuple[str, str], Effect] = {}
    for cell, group in groupby(known, key=lambda cure: cure.cell):
        pairs = [(cure, case) for cure in group for case in cases]
        effects |= {(cure.name, case.kind): effect for (cure, case), effect in zip(pairs, update_once(cell, pairs, seed), strict=True)}
    return [[replace(effects[cure.name, case.kind], plain=effects["none", case.kind] if cure.name != "none" else None) for cure in known] for case in cases]


def update_once(cell: Cell, pairs: Sequence[tuple[Cure, Case]], seed: int) -> list[Effect]:
    """Return one update of the weight to watch for each cure and case; the cases share one sequence."""
    sequence = pairs[0][1].sequence
    networks = Networks(cell, [cure.mitigation for cure, _ in pairs], RATE, seed, sequence.lag)
    weights = side_by_side([initial_weights(cell, cure, case, seed) for cure, case in pairs])
    run = partial(networks.forward_backward, x=sequence.x, actual=sequence.actual, days=[sequence.length - 1])
    before = run(weights)
    change, _ = networks.update(weights, before.gradients, networks.init_slots(weights, sequence.length), sequence.length)
    watched = np.zeros(weights["kernel"].shape, bool)
    for network, (_, case) in enumerate(pairs):
        watched[network, case.exercise, first_column(cell, case) + case.unit] = True
    after_weights = weights | {"kernel": weights["kernel"] + tf.where(watched, change["kernel"], 0.0)}
    after = run(after_weights)
    at_watched = [kernel[watched].numpy() for kernel in (weights["kernel"], before.gradients["kernel"], change["kernel"], after_weights["kernel"])]
    gradient_after = after.gradients["kernel"][watched].numpy()
    norms = np.linalg.norm(before.state_gradient[:, :, 0], axis=-1)
    gradient_norms = np.sqrt(sum((np.array(gradient) ** 2).reshape(len(pairs), -1).sum(axis=1) for gradient in before.gradients.values()))
    return [
        Effect(
            kind=case.kind,
            lag=sequence.lag,
            recurrent_weight=case.recurrent_weight,
            error=float(before.error[i]),
            weight=float(at_watched[0][i]),
            gradient=float(at_watched[1][i]),
            gradient_norm=float(gradient_norms[i]),
            change=float(at_watched[2][i]),
            new_weight=float(at_watched[3][i]),
            error_after=float(after.error[i]),
            gradient_after=float(gradient_after[i]),
            norms=norms[:, i],
            information_step=sequence.information_step,
        )
        for i, (_, case) in enumerate(pairs)
    ]


def initial_weights(cell: Cell, cure: Cure, case: Case, seed: int) -> dict[str, NDArray[Any]]:
    """Return the network of a case before the update, changed where the cure changes initial weights."""
    hidden, inputs = case.weights.W_x.shape
    sizes = Sizes(inputs, hidden, len(case.weights.b_y), case.sequence.length)
    weights = case.weights.by_name if not cell.gated else around(cell, case.weights, sizes)
    context = InitContext(cell, sizes, case.sequence.lag, seed, lambda weight, block: cell.random(weight, seed, block))
    return reduce(lambda changed, part: part.init_weights(changed, context), cure.mitigation.parts, weights)


def around(cell: Cell, vanilla: Weights, sizes: Sizes) -> dict[str, NDArray[Any]]:
    """Return a gated network whose candidate has the weights of a vanilla one; its gates have no weights yet, and the cell's initial bias."""
    weights = vanilla.by_name | {
        "kernel": np.zeros((sizes.input, cell.input_blocks * sizes.hidden)),
        "recurrent_kernel": np.zeros((sizes.hidden, cell.recurrent_blocks * sizes.hidden)),
        "bias": cell.initial_bias(sizes),
    }
    for name, has_block in (("kernel", cell.has_input), ("recurrent_kernel", cell.has_recurrent), ("bias", cell.has_input)):
        column = sum(has_block[: candidate(cell)]) * sizes.hidden
        weights[name][..., column : column + sizes.hidden] = vanilla.by_name[name]
    return weights


def first_column(cell: Cell, case: Case) -> int:
    """Return where in the kernel the weights begin that are those of the vanilla network."""
    return sum(cell.has_input[: candidate(cell)]) * len(case.weights.b_h)


def candidate(cell: Cell) -> int | None:
    """Return the position of the gate that proposes the new state as a vanilla network does; None where there is none."""
    return next((index for index, gate in enumerate(cell.gates) if gate.function == "activation" and gate.input and gate.recurrent), None)
