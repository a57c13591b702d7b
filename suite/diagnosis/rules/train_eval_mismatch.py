"""A model that has learned in training mode and is no better than a constant, or much worse, in evaluation mode.

Batch normalisation uses the statistics of the batch in one and moving ones in the other (Ioffe & Szegedy 2015); dropout acts in one alone.
"""

from unvanish.suite.diagnosis.course import MODE_GAP, mode_scores
from unvanish.suite.diagnosis.outcomes import AT_BASELINE_SCORE
from unvanish.suite.diagnosis.rule import ANY, NOT_LEARNED, RESULTS, STEPS, KerasRule, Rule, finding

LOST = 0.5  # share of the score in training mode that evaluation mode must lose, of a model that learns in both
MIN_DISTANCE = 0.5  # standard deviations between moving and batch means
MIN_RATIO = 2.0  # of moving and batch deviations
LARGE_DROPOUT = 0.7


def in_keras(training):
    """A gap between the modes; or normalisation that is fixed to evaluation mode, where the model does not learn."""
    modes, end, outcome = training.modes, training.end, training.outcome
    if modes is None or end is None or not end.constant.mean() > 0:
        return
    score, evaluated = mode_scores(modes, end)
    apart = [each for each in modes.statistics if each.distance > MIN_DISTANCE or each.ratio > MIN_RATIO]
    gap = score >= AT_BASELINE_SCORE and score - evaluated >= MODE_GAP
    if gap and (outcome.not_learned or evaluated < LOST * score):
        accuracy = f", accuracy {modes.accuracy[0]:.2f} and {modes.accuracy[1]:.2f}" if modes.accuracy[0] == modes.accuracy[0] else ""
        figures = (
            f"the same samples have a loss of {modes.training.mean():.4g} in training mode and {modes.evaluation.mean():.4g} in evaluation mode "
            f"(scores {score:.2f} and {evaluated:.2f}{accuracy})"
        )
        yield mismatch(training, "The model has learned, but not in evaluation mode.", figures, apart, modes.dropout)
    elif outcome.not_learned and (unnormalised := [each for each in apart if each.fixed == "evaluation"]):
        layer = unnormalised[0]
        yield finding(
            training,
            "train_eval_mismatch",
            what=f"{layer.layer} is called with training=False and normalises nothing.",
            why=f"its moving means are up to {layer.distance:.2g} standard deviations from those of what enters it, and never follow; {outcome.sentence}.",
            advice="Call it without the argument training, so that it has the model's mode.",
            snippet="x = keras.layers.BatchNormalization()(x)\n",
        )


def mismatch(training, what, figures, apart, dropout):
    """The finding, with the layer that makes the difference."""
    if apart:
        layer = max(apart, key=lambda each: max(each.distance / MIN_DISTANCE, each.ratio / MIN_RATIO))
        kept = layer.momentum**training.steps
        why = (
            f"{figures}; the moving statistics of {layer.layer} differ from those of the batches by up to {layer.distance:.2g} standard deviations "
            f"in the mean "
            f"and a factor of {layer.ratio:.2g} in the deviation; with momentum {layer.momentum:g}, {training.steps} steps "
            f"leave {kept:.0%} of their first values."
        )
        momentum = round(max(0.0, min(0.9, 1 - 10 / max(training.steps, 1))), 2)
        advice = f"Give {layer.layer} a smaller momentum so that its statistics follow, or train longer; call it without a fixed training argument."
        return finding(training, "train_eval_mismatch", what, why, advice, f"keras.layers.BatchNormalization(momentum={momentum:g})\n")
    strong = [each for each in dropout if each.rate >= LARGE_DROPOUT]
    named = f"; {', '.join(f'{each.layer} drops {each.rate:.0%}' for each in strong or dropout)}" if dropout else ""
    advice = (
        "Lower the dropout." if dropout else "Look for layers that compute something else in training mode (an argument training), and compare both outputs."
    )
    snippet = "keras.layers.Dropout(0.3)\n" if dropout else "model(x, training=True), model(x, training=False)  # should agree\n"
    return finding(training, "train_eval_mismatch", what, f"{figures}{named}.", advice, snippet)


CRITERIA = {
    f"in training mode the score is at least {AT_BASELINE_SCORE:g}, and in evaluation mode less than {LOST:g} of it and {MODE_GAP:g} lower": ANY,
    "batch normalisation is fixed to evaluation mode, and its moving statistics are far from those of its inputs": NOT_LEARNED,
}
RULE = Rule(
    "train_eval_mismatch",
    keras=KerasRule(
        150,
        in_keras,
        CRITERIA,
        consequences=(
            "frozen",
            "truncated",
            "input_scale",
            "target_scale",
            "masked_data",
            "mask_lost",
            "unmasked_padding",
            "over_regularised",
            "optimizer_setting",
            "contradictory_targets",
            *STEPS,
            *RESULTS,
        ),
    ),
)
