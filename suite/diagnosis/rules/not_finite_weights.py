"""A weight that is not finite before the first step, such as a row of an embedding that was read from a file."""

from unvanish.suite.diagnosis.rule import ANY, RESULTS, STEPS, KerasRule, Rule, finding


def in_keras(training):
    """The first layer with such a weight."""
    origin = training.origin
    if origin is None or origin.kind != "weights":
        return
    yield finding(
        training,
        "not_finite_weights",
        what=f"Weights of {origin.place} are not finite before training.",
        why="NaN or infinity in a weight makes every output that it enters, the loss and all further weights NaN.",
        advice="Fill or remove these rows where the weights are made or read; learning rate, clipping and another cell change nothing.",
        snippet="matrix = np.nan_to_num(matrix)  # a row of zeros for each that is not known\n",
    )


CRITERIA = {"a weight is NaN or infinite before the first step": ANY}
RULE = Rule("not_finite_weights", keras=KerasRule(110, in_keras, CRITERIA, consequences=(*STEPS, *RESULTS)))
