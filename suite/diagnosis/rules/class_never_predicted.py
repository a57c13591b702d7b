"""A rare class that the model never finds, though its accuracy is high.

A rare class is found late in any training, so while the loss still falls it is asked only of a model that does not learn.
"""

from unvanish.suite.diagnosis.rule import ANY, KerasRule, Rule, finding

MAX_RARE_SHARE = 0.5  # of what a class would have if all were as frequent
MIN_COUNT = 10  # samples of the class
MAX_RECALL = 0.02
STILL_FALLING = 0.05  # of the loss, from the third to the last quarter of the steps: more is found with more steps
MIN_LINEAR_RECALL = 0.5  # that a linear classifier with balanced weights reaches: the class can be found


def in_keras(training):
    """The classes of each output that are rare and never predicted."""
    if training.outcome.learning and still_falling(training.losses):
        return
    for each in training.comparisons:
        total = sum(score.count for score in each.classes)
        fair = total / max(len(each.classes), 1)
        missed = [score for score in each.classes if MIN_COUNT <= score.count < MAX_RARE_SHARE * fair and score.recall <= MAX_RECALL]
        if not missed or len(missed) == len(each.classes):
            continue
        if len(each.classes) > 2 and not any(score.recall > MAX_RECALL for score in each.classes if score not in missed):
            continue
        rare = min(missed, key=lambda score: score.count)
        others = f" ({len(missed)} classes are never predicted)" if len(missed) > 1 else ""
        possible = f"a linear classifier whose classes weigh alike finds {rare.linear_recall:.0%} of them; " if rare.linear_recall > MIN_LINEAR_RECALL else ""
        yield finding(
            training,
            "class_never_predicted",
            what=f"Class {rare.label} is never predicted, though the accuracy is {each.accuracy:.0%}.{others}",
            why=f"the model finds {rare.recall:.0%} of the {rare.count} samples of class {rare.label}, which are {rare.count / total:.1%} of the data; "
            f"always answering the most frequent class has an accuracy of {each.majority:.0%}; balanced accuracy {each.balanced_accuracy:.2f}; "
            f"{possible}{training.outcome.sentence}.",
            advice="Give rare classes more weight, and judge by the recall of each class instead of the accuracy.",
            snippet=weights_snippet(each.classes, total),
        )


def still_falling(losses):
    """Return whether the last quarter of the steps has a clearly smaller loss than the quarter before."""
    quarter = len(losses) // 4
    return quarter > 0 and losses[-quarter:].mean() < (1 - STILL_FALLING) * losses[-2 * quarter : -quarter].mean()


def weights_snippet(classes, total):
    """The weights that make all classes count alike."""
    weights = {score.label: round(total / (len(classes) * score.count), 2) for score in classes}
    return f"model.fit(x, y, class_weight={weights}, ...)\n" if len(weights) <= 10 else "from sklearn.utils.class_weight import compute_class_weight\n"


CRITERIA = {
    f"a class with at least {MIN_COUNT} samples, and less than {100 * MAX_RARE_SHARE:g} % of the number that classes have on average, is found at most in "
    f"{100 * MAX_RECALL:g} % of its samples": ANY
}
RULE = Rule("class_never_predicted", keras=KerasRule(870, in_keras, CRITERIA, consequences=("no_signal", "no_better_than_simple")))
