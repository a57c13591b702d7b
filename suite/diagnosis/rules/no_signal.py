"""A sound training that learns nothing that holds: the inputs may say nothing of the targets."""

from unvanish.suite.diagnosis.rule import KerasRule, Rule, finding
from unvanish.suite.diagnosis.rules import RULES


def in_keras(training):
    """A validation loss that is never better than a constant's, or nothing learned and no other finding."""
    outcome, validation = training.outcome, training.validation
    if outcome.word == "unknown" or training.end is None:
        return None
    constant = float(training.end.constant.mean())
    if outcome.learning and validation.size and validation.min() > constant:
        why = (
            f"the validation loss is never below {validation.min():.4g}, that of the best constant prediction is {constant:.4g}; "
            f"{outcome.sentence} on the training data."
        )
        return missing_signal(training, "What is learned holds for the training data alone.", why)
    others = (rule.keras.detect(training) for rule in RULES if rule.keras and rule.name != "no_signal")
    if outcome.word != "baseline" or any(others):
        return None
    why = f"{outcome.sentence}; gradients, units and steps are within their limits."
    return missing_signal(training, "The model learns nothing, and no other rule says why.", why)


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
RULE = Rule("no_signal", keras=KerasRule(90, in_keras, CRITERIA))
