"""A model that is better than a constant, and worse than a predictor without any network."""

from unvanish.suite.diagnosis.course import falling
from unvanish.suite.diagnosis.rule import KerasRule, Rule, finding
from unvanish.suite.diagnosis.simple_predictors import CONSTANT, LAST, LINEAR, LINEAR_LAST, SEASON

SIGNIFICANT = 1e-3  # level of the paired difference of losses
MIN_EXCESS = 1.1  # loss over that of repeating a value
MAX_LINEAR_SHARE = 0.3  # of a linear model's score: a network that reaches more may only have been trained too briefly
FORECASTS = (LAST, SEASON)
MIN_LINEAR_SCORE = 0.2  # from which a linear model shows that there is something to learn


def in_keras(training):
    """The best of the simple predictors that beat an output of a model that learns."""
    if training.outcome.learning:
        names = FORECASTS if falling(training) else (*FORECASTS, LINEAR, LINEAR_LAST)  # a network that still learns is not compared with a model yet
        for each in training.comparisons:
            better = [name for name in each.predictors if name in names and is_better(each, name)]
            if better:
                yield worse_than(training, each, min(better, key=lambda name: each.predictors[name].mean()))


def otherwise(training):
    """A linear model that learns where the model does not and no rule says why."""
    if training.outcome.word != "baseline":
        return
    for each in training.comparisons:
        if name := learned_by_simple(each):
            yield worse_than(training, each, name)


def learned_by_simple(each):
    """The best simple predictor, where it finds something that a model at the baseline does not; else None."""
    scores = {name: each.score(losses) for name, losses in each.predictors.items() if name != CONSTANT}
    best = max(scores, key=scores.__getitem__, default=None)
    return best if best is not None and scores[best] > MIN_LINEAR_SCORE and is_better(each, best) else None


def is_better(each, name):
    """Return whether a simple predictor's loss is below the model's, by more than chance and by more than a little."""
    from scipy.stats import ttest_rel

    simple, model = each.predictors[name], each.model
    if not model.mean() > MIN_EXCESS * simple.mean():
        return False
    if name not in FORECASTS and not each.score(model) < MAX_LINEAR_SHARE * each.score(simple):
        return False
    return len(model) > 2 and bool(ttest_rel(model, simple, alternative="greater").pvalue < SIGNIFICANT)


def worse_than(training, each, name):
    """The finding, with both numbers."""
    deeds = {
        LAST: "repeating the last value of the input",
        SEASON: f"repeating the value {each.season} steps before",
        LINEAR: "a linear model of the inputs",
        LINEAR_LAST: "a linear model of the last step",
    }
    advice, snippet = ADVICE[name in FORECASTS]
    return finding(
        training,
        "no_better_than_simple",
        what=f"The model is worse than {deeds[name]}.",
        why=f"on {each.samples} {each.rows} samples of {each.output} its loss is {each.model.mean():.4g}, that of {deeds[name]} is "
        f"{each.predictors[name].mean():.4g}, that of the best constant {each.predictors[CONSTANT].mean():.4g}.",
        advice=advice,
        snippet=snippet,
    )


ADVICE = {
    True: (
        "Predict the change from the last value and add it, and compare with repeating the last value; if the model is no better then, the series may be a "
        "random walk, which no model predicts.",
        "change = y - x[:, -1, 0]\nmodel.fit(x, change / change.std(), ...)\npredicted = x[:, -1, 0] + change.std() * model.predict(x)[:, 0]\n",
    ),
    False: (
        "Use the linear model, or train longer with a larger rate on standardised inputs until the network is at least as good.",
        "from sklearn.linear_model import RidgeCV  # LogisticRegression for classes\nRidgeCV().fit(x.reshape(len(x), -1), y)\n",
    ),
}
CRITERIA = {
    f"a loss {100 * (MIN_EXCESS - 1):.0f} % above that of repeating a value, or a score below {MAX_LINEAR_SHARE:g} of a linear model's, on the same "
    f"samples and at a level of {SIGNIFICANT:g}": "better than a constant"
}
RULE = Rule("no_better_than_simple", keras=KerasRule(880, in_keras, CRITERIA, otherwise=otherwise))
