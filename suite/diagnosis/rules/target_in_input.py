"""A target that stands in its own input: the model is far better than it will be on data whose target is not known yet."""

from unvanish.suite.diagnosis.rule import KerasRule, Rule, finding

MIN_SCORE = 0.9  # of the model, from which it is asked


def in_keras(training):
    """A question for each output of quantities that one number of its input gives."""
    outcome, facts = training.outcome, training.data
    if facts is None or not outcome.learning or not outcome.score > MIN_SCORE:
        return
    asked = set()
    for each in facts.target_in_input:
        if each.output in asked:
            continue
        asked.add(each.output)
        place = f"column {each.column} of the input" if each.columns > 1 else "the input" if each.columns else f"input {each.column + 1}"
        how = (
            f"a straight line of {place}, at the last step where there are several, leaves {each.error:.0e} of the variance of the targets of {each.output}"
            if each.columns
            else f"{place} is equal to the targets of {each.output}, step by step"
        )
        yield finding(
            training,
            "target_in_input",
            what=f"Is the target in its own input? {place[0].upper()}{place[1:]} gives it exactly.",
            why=f"{how}; the model only has to copy it; {outcome.sentence}.",
            advice="If that number is not known yet when the model is used, take it out of the inputs; of a series, end windows one step before their target; "
            "shift the input of a decoder by one step.",
            snippet="x = np.stack([series[i : i + steps] for i in range(len(series) - steps)])\ny = series[steps:]  # the value after each window\n",
        )


CRITERIA = {"one number of the input, at the last step, gives the target by a straight line": f"a score above {MIN_SCORE:g}"}
RULE = Rule("target_in_input", keras=KerasRule(240, in_keras, CRITERIA))
