"""A sound training that learns nothing that holds: the inputs may say nothing of the targets."""

from unvanish.suite.diagnosis.rule import KerasRule, Rule, finding
from unvanish.suite.diagnosis.rules.no_better_than_simple import learned_by_simple
from unvanish.suite.diagnosis.simple_predictors import CONSTANT


def in_keras(training):
    """A validation loss that is never better than a constant's, of a model that learns its training data."""
    outcome, validation = training.outcome, training.validation
    if training.end is None or not outcome.learning or not validation.size:
        return
    constant = float(training.end.constant.mean())
    if validation.min() > constant:
        why = (
            f"the validation loss is never below {validation.min():.4g}, that of the best constant prediction is {constant:.4g}; "
            f"{outcome.sentence} on the training data."
        )
        yield missing_signal(training, "What is learned holds for the training data alone.", why)


def otherwise(training):
    """Nothing learned, though no rule says why; where a linear model learns, that is said instead."""
    outcome = training.outcome
    if outcome.word == "baseline" and not any(learned_by_simple(each) for each in training.comparisons):
        tried = [name for each in training.comparisons for name in each.predictors if name != CONSTANT]
        simple = f", and {tried[-1]} on the same samples is no better" if tried else ""
        why = f"{outcome.sentence}{simple}; data, gradients, units and steps are within their limits."
        yield missing_signal(training, "The model learns nothing, and no other rule says why.", why)


def missing_signal(training, what, why):
    """The finding, with what to try in either case."""
    return finding(
        training,
        "no_signal",
        what,
        why,
        "Check that each target belongs to its input (shuffled apart, shifted by a row, cut at different places); try to fit ten samples.",
        "model.fit(x[:10], y[:10], epochs=300)  # a sound model fits these\n",
    )


CRITERIA = {"none of these, or a validation loss never below the constant's": "no better than a constant, or on training data alone"}
RULE = Rule("no_signal", keras=KerasRule(900, in_keras, CRITERIA, otherwise=otherwise))
