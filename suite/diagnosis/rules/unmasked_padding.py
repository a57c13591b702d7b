"""Long padding that no mask hides, after the data of a sequence: a recurrent layer reads it last, and forgets what came before.

The gradient then falls over the padding, which looks like one that vanishes; other weights or cells are not what is missing.
"""

from unvanish.suite.diagnosis.rule import NOT_LEARNED, RESULTS, STEPS, KerasRule, Rule, finding

MIN_TRAILING = 0.3  # mean share of a sample's steps
MIN_LEADING = 0.5  # padding before the data is forgotten by itself, and does less harm
GOOD_SCORE = 0.5  # a model of every step that is better than this has learned more than where the padding is
MIN_STEPS = 8  # of padding, on average
FULL_GRADIENT = 0.1  # at the first steps over that at the last: what comes back so well is not lost in the padding


def in_keras(training):
    """Padding that a loss of every step counts, and padding behind the data of an input, in a recurrent model that does not learn."""
    for padding in training.padding:
        if padding.counted and not padding.masked and padding.trailing >= MIN_TRAILING and training.outcome.score < GOOD_SCORE:
            yield counted(training, padding)
            return
    for padding in unmasked(training):
        if padding.trailing >= MIN_TRAILING and padding.trailing * padding.steps >= MIN_STEPS and not comes_back(training):
            yield unmasked_padding(training, padding, "end", padding.trailing)


def counted(training, padding):
    """The finding for targets of every step: what is learned first is where the padding is."""
    return finding(
        training,
        "unmasked_padding",
        what=f"The loss counts padding: {padding.trailing:.0%} of all time steps.",
        why=f"on average {padding.trailing * padding.steps:.0f} of {padding.steps} steps of {padding.input} are padding, whose target is always the same, and "
        f"neither "
        f"a mask nor a sample_weight leaves them out; {training.outcome.sentence}.",
        advice="Hide the padding with a mask, or give padded steps a sample_weight of 0; look at the accuracy of the other steps alone.",
        snippet="keras.layers.Embedding(tokens, units, mask_zero=True)\n"
        if any(layer.kind == "Embedding" for layer in training.setup.layers)
        else "keras.layers.Masking(mask_value=0.0)\n",
    )


def otherwise(training):
    """Padding before the data, where nothing else is wrong."""
    for padding in unmasked(training):
        if padding.leading >= MIN_LEADING and padding.leading * padding.steps >= MIN_STEPS:
            yield unmasked_padding(training, padding, "start", padding.leading)


def comes_back(training):
    """Return whether the gradient reaches the first steps of every recurrent layer well, at the end of training."""
    shares = [series.value[-1] for layer in training.setup.recurrent if (series := training.reaching_first(layer.name)).value.size]
    return bool(shares) and min(shares) > FULL_GRADIENT


def unmasked(training):
    """The padding that no mask hides, of samples of several lengths, in a recurrent model that does not learn."""
    if not training.outcome.not_learned or not training.setup.recurrent:
        return []
    return [padding for padding in training.padding if not padding.masked and padding.lengths > 1]


def unmasked_padding(training, padding, end, share):
    """The finding; the mask depends on whether the input is numbers or tokens."""
    reaching = [series.value for layer in training.setup.recurrent if (series := training.reaching_first(layer.name)).value.size]
    gradient = f"; the gradient that comes back to the first steps is {min(float(each[-1]) for each in reaching):.1e} of that at the last" if reaching else ""
    tokens = any(layer.kind == "Embedding" for layer in training.setup.layers)
    value = f"{padding.value:g}" if padding.value == padding.value else "one value"
    return finding(
        training,
        "unmasked_padding",
        what=f"The model reads padding as data: {share:.0%} of each sequence, at its {end}.",
        why=f"at the {end} of the samples {share * padding.steps:.0f} of {padding.steps} steps, on average, are all {value}, in {padding.lengths} lengths, "
        f"and no mask hides them{gradient}; {training.outcome.sentence}.",
        advice="Hide the padding from the recurrent layers with a mask, or batch sequences of one length.",
        snippet=f"keras.layers.Embedding(tokens, units, mask_zero=True)  # where {value} marks padding, and is no token\n"
        if tokens
        else f"keras.layers.Masking(mask_value={value if padding.value == padding.value else 0.0})  # as the first layer; no data may have that value\n",
    )


CRITERIA = {
    f"a loss of every step counts padding, at least {100 * MIN_TRAILING:g} % of all steps, whose targets are one value": f"score below {GOOD_SCORE:g}",
    f"samples of several lengths end in equal steps, on average {100 * MIN_TRAILING:g} % of all, that no mask hides and a recurrent layer reads": NOT_LEARNED,
    f"they start with equal steps, on average {100 * MIN_LEADING:g} % of all, and no other rule says why": NOT_LEARNED,
}
RULE = Rule("unmasked_padding", keras=KerasRule(280, in_keras, CRITERIA, consequences=("truncated", *STEPS, *RESULTS), otherwise=otherwise))
