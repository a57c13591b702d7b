"""Penalties, weight decay or dropout that outweigh what the data say: the weights shrink to nothing, or nothing is left to learn from."""

import numpy as np

from unvanish.suite.diagnosis.rule import NOT_LEARNED, RESULTS, STEPS, KerasRule, Rule, finding

SHRUNK = 0.5  # of their norm before training: what the penalised weights have left
MIN_PENALTY = 1.0  # of the loss of the data, before training
LARGE_DROPOUT = 0.8


def in_keras(training):
    """Penalties on weights or activities, weight decay and dropout, in a model that does not learn."""
    outcome = training.outcome
    if outcome.word != "baseline":
        return
    if len(training.penalties) > 1:
        start, end = training.penalties[0], training.penalties[-1]
        sizes = {name: end.penalised[name] / norm for name, norm in start.penalised.items() if norm > 0 and name in end.penalised}
        shrunk = {name: size for name, size in sizes.items() if size < SHRUNK}
        pulls = start.penalty_gradient > start.gradient or end.penalty_gradient > end.gradient
        outweighs = start.penalty > MIN_PENALTY * abs(start.loss)
        if (shrunk and pulls) or (outweighs and start.penalty_gradient > start.gradient):
            smallest = min(sizes, key=sizes.__getitem__, default="")
            left = f"; {smallest} has {sizes[smallest]:.0%} of its norm left" if smallest else ""
            yield finding(
                training,
                "over_regularised",
                what="The penalty outweighs the loss.",
                why=f"before training the penalties are {start.penalty:.3g} beside a loss of the data of {start.loss:.3g}, and their gradient is "
                f"{ratio(start):.2g} times that of the data, {ratio(end):.2g} times at the end{left}; {outcome.sentence}.",
                advice="Leave the penalties out until the model learns; then start with 1e-5 or 1e-4.",
                snippet="keras.layers.LSTM(units, kernel_regularizer=keras.regularizers.L2(1e-5))\n",
            )
    yield from decay(training)
    strong = [each for each in (training.modes.dropout if training.modes else ()) if each.rate >= LARGE_DROPOUT]
    if strong:
        yield finding(
            training,
            "over_regularised",
            what=f"Dropout leaves {1 - strong[0].rate:.0%} of what enters {strong[0].layer}.",
            why=f"{', '.join(f'{each.layer} drops {each.rate:.0%}' for each in strong)} in every step; {outcome.sentence}.",
            advice="Lower the dropout to 0.5 or less, or leave it out until the model learns.",
            snippet="keras.layers.Dropout(0.3)\n",
        )


def decay(training):
    """A weight decay that alone takes at least half of the weights away, and has done so."""
    settings, setup = training.settings, training.setup
    if settings is None or not settings.weight_norm > 0:
        return
    share, left = settings.weight_decay * setup.learning_rate, settings.end_weight_norm / settings.weight_norm
    if not share * training.steps > -np.log(SHRUNK) or not left < SHRUNK:
        return
    yield finding(
        training,
        "over_regularised",
        what="The weight decay outweighs the loss.",
        why=f"a weight_decay of {settings.weight_decay:g} at a rate of {setup.learning_rate:g} takes {share:.2%} of the weights away in each of "
        f"{training.steps} steps; {left:.0%} of their norm is left; {training.outcome.sentence}.",
        advice="Leave weight_decay out until the model learns; then start with 1e-4.",
        snippet=f"keras.optimizers.{setup.optimizer}({setup.learning_rate:g}, weight_decay=1e-4)\n",
    )


def ratio(penalties):
    """The gradient of the penalties over that of the data's loss."""
    return penalties.penalty_gradient / penalties.gradient if penalties.gradient > 0 else float("inf")


CRITERIA = {
    f"the penalties' gradient outweighs that of the data, and penalties above the loss before training or penalised weights "
    f"below {SHRUNK:g} of their norm": NOT_LEARNED,
    f"weight decay takes half of the weights away, and less than {SHRUNK:g} of their norm is left": NOT_LEARNED,
    f"a layer drops at least {100 * LARGE_DROPOUT:g} % of its inputs or states": NOT_LEARNED,
}
RULE = Rule("over_regularised", keras=KerasRule(430, in_keras, CRITERIA, consequences=("frozen", *STEPS, *RESULTS)))
