"""What is wrong with a plug-in is found before it is trained, by the check that is meant for it, and told in a sentence."""

from dataclasses import replace

import pytest

from tests.support.plugins import JANET, PARITY, SIGN, STACKED, STATE, UNIFORM
from unvanish.suite import plugins
from unvanish.suite.contracts import mitigation
from unvanish.suite.contracts.subject import subjects_of_module
from unvanish.tasks.registry import Registry

CLIP = 'return params["size"][:, None] * tf.sign(gradient), tf.ones(gradient.shape[:1], tf.bool), slots'


def sign(gradient):
    """The mitigation of the documentation, with another line that makes the new gradient."""
    return SIGN.replace(CLIP, f"return {gradient}, tf.ones(gradient.shape[:1], tf.bool), slots")


def parity(before, after):
    """The task of the documentation, with a part replaced."""
    assert before in PARITY
    return PARITY.replace(before, after)


def janet(states):
    """The cell of the documentation, with another line that makes the new states from f, h and c."""
    names = "f, h, c = forget, states[0], candidate; "
    return JANET.replace("return (forget * states[0] + (1 - forget) * candidate,)", f"import tensorflow as tf; {names}return {states}")


def stacked(layer):
    """The Keras model of the documentation, with another layer in place of its first."""
    before = 'keras.layers.GRU(sizes.hidden, return_sequences=True, name="lower")(inputs)'
    assert before in STACKED
    return STACKED.replace(before, layer)


DRAW = "bits = random.integers(2, size=(count, self.length, 1))"
LAST_LINE = "return Sequences(bits.astype(np.float32), (bits[:, 0] == bits[:, -1]).astype(np.int32))"
BASELINES = "baseline_loss, baseline_metric = float(np.log(2)), 0.5"

SUMMARY = '    summary: ClassVar[str] = "whether the first and the last bit are equal"\n'
CONSTANT = "no constant answer is better than the baseline"
LEARN = "the baseline leaves something to learn"
SHAPES = "shapes and types of sequences"
TESTED_ON_TRAINING, OTHER_AGAIN = "tested on what it was trained on", "other sequences when asked again"
TASKS = {
    "a missing attribute": (parity(SUMMARY, ""), "definition", "Parity has no summary"),
    "a missing method": (parity("def draw(", "def drawn("), "definition", "Parity has no draw"),
    "an attribute of another type": (
        parity("default_lag: ClassVar[int] = 5", "default_lag: ClassVar[int] = 5\n    position: ClassVar[int] = 'last'"),
        "attributes",
        "it must be of the type int",
    ),
    "a name that a profile cannot hold": (parity('"parity"', '"par,ity"'), "attributes", "the name is 'par,ity'"),
    "a name too few": (parity('("bit",)', '("bit", "other")'), "sizes", "input_names has 2 names and input_size is 1"),
    "a distance beyond the sequence": (parity("return self.lag\n", "return self.lag + 9\n"), "sizes", "information_distance is 14"),
    "inputs of another type": (parity(LAST_LINE, LAST_LINE.replace("float32", "float64")), SHAPES, "float64 of shape (50, 6, 1); they must be float32"),
    "targets of another shape": (
        parity(LAST_LINE, LAST_LINE.replace("bits[:, 0] == bits[:, -1]", "bits[:, 0, 0] == bits[:, -1, 0]")),
        SHAPES,
        "targets for training",
    ),
    "inputs that are not finite": (parity(LAST_LINE, LAST_LINE.replace("astype(np.float32)", "astype(np.float32) / 0")), "values of sequences", "not finite"),
    "targets out of range": (
        parity(LAST_LINE, LAST_LINE.replace("(np.int32)", "(np.int32) * 2")),
        "values of sequences",
        "from 0 to 2; they must be class numbers from 0 to 1",
    ),
    "inputs that are not one-hot": (
        parity("default_lag", "one_hot_inputs: ClassVar[bool] = True\n    default_lag"),
        "one-hot inputs",
        "one_hot_inputs = False",
    ),
    "a draw that ignores its generator": (
        parity(DRAW, DRAW.replace("random", "np.random.default_rng(0)", 1)),
        "random numbers",
        TESTED_ON_TRAINING,
    ),
    "a draw from the global generator": (
        parity(DRAW, DRAW.replace("random.integers", "np.random.randint", 1)),
        "random numbers",
        OTHER_AGAIN,
    ),
    "a baseline of 1": (parity(BASELINES, BASELINES.replace("0.5", "1.0")), LEARN, "no network can be better"),
    "a baseline without a loss": (parity(BASELINES, "baseline_loss, baseline_metric = 0.0, 0.5"), LEARN, "no network can be better"),
    "a baseline that is too low": (parity(BASELINES, BASELINES.replace("0.5", "0.3")), CONSTANT, "reaches a metric of 0.5"),
    "a baseline loss that is too high": (parity("float(np.log(2))", "1.5"), CONSTANT, "reaches a loss of 0.69"),
    "words for too few steps": (parity("in enumerate(bits)]", "in enumerate(bits[:-1])]"), "words for every step", "describes 5 steps of 6"),
    "an error": (parity(DRAW, "bits = 1 / 0"), SHAPES, "ZeroDivisionError"),
}

BIDIRECTIONAL = stacked("keras.layers.Bidirectional(keras.layers.LSTM(sizes.hidden, return_sequences=True))(inputs)")
UNMASKED = stacked("keras.layers.MultiHeadAttention(2, 4)(inputs, inputs)")
FUTURE = "depends on later inputs; mask them, or add causal = False"
MODELS = {
    "a bidirectional LSTM": (BIDIRECTIONAL, "causality", FUTURE),
    "unmasked attention": (UNMASKED, "causality", FUTURE),
    "a missing attribute": (STACKED.replace('    summary = "two GRU layers"\n', ""), "definition", "Stacked has no summary"),
    "outputs at the last step alone": (STACKED.replace('return_sequences=True, name="upper"', 'name="upper"'), "outputs", "one for each step"),
    "a gate with an unknown function": (JANET.replace('"sigmoid"', '"sigmoidal"'), "gates", "the function of the gate forget is 'sigmoidal'"),
    "states in no tuple": (janet("f * h + (1 - f) * c"), "states", "it must return a tuple"),
    "a state too many": (janet("(f, c)"), "states", "returns 2 tensors and states names 1"),
    "a mean over trials": (janet("(f * h + (1 - f) * c - tf.reduce_mean(c, axis=0),)"), "independence of trials", "depends on the trials beside it"),
    "no memory": (stacked("inputs").replace("GRU(sizes.hidden, return_sequences=True", "Dense(sizes.hidden"), "memory", "set memoryless = True"),
    "random numbers of its own": (janet("(f * h + (1 - f) * c + tf.random.normal(f.shape),)"), "the same numbers twice", "trained again"),
}

HOOK = "transform_gradient(gradient, slots, context, params)"
START = SIGN.replace(f"@staticmethod\n    def {HOOK}", "def init_weights(self, weights, context)").replace(
    CLIP, "return weights | {'bias': weights['bias'][:2]}"
)
SINE = SIGN.replace(HOOK, "activation(x, context, params)").replace(CLIP, "return tf.sin(x)")
WRONG_SHAPE = "transform_gradient: it returned float32 "
MITIGATIONS = {
    "a gradient of a wrong shape": (sign("tf.norm(gradient, axis=1)"), "results of hooks", f"{WRONG_SHAPE}[2] as value 1; expected is float32 [2, "),
    "a shape that would be broadcast": (sign("tf.norm(gradient, axis=1, keepdims=True)"), "results of hooks", f"{WRONG_SHAPE}[2, 1]"),
    "an error": (sign("gradient / undefined"), "results of hooks", "NameError: name 'undefined' is not defined"),
    "an average over trials": (sign("gradient - tf.reduce_mean(gradient, axis=0)"), "independence of trials", "no operation may mix trials"),
    "a maximum over trials": (sign("gradient / (1 + tf.reduce_max(tf.abs(gradient)))"), "independence of trials", "no operation may mix trials"),
    "no change": (sign("gradient").replace("tf.ones(", "tf.zeros("), "what it changes", "it changes nothing in 12 training steps"),
    "numbers that are not finite": (sign("gradient / 0"), "results of hooks", "not finite at training step 1"),
    "random numbers of its own": (sign("gradient + tf.random.normal(gradient.shape)"), "the same numbers twice", "trained again"),
    "no hook": (SIGN.replace("def transform_gradient", "def change_gradient"), "hooks", "overrides no hook"),
    "a missing attribute": (SIGN.replace('    against = "both"\n', ""), "definition", "Sign has no against"),
    "no default": (SIGN.replace("PositiveFloat = 0.01", "PositiveFloat"), "definition", "size"),
    "initial weights of another shape": (START, "results of hooks", "init_weights: it returned float32 [2] for bias"),
    "an activation without its slope": (SINE, "hooks", "override both"),
}

MEAN = "tf.reduce_mean(tf.abs(hidden), axis=[0, 2, 3])"
OTHERS = {
    "a figure that is not declared": (STATE.replace('return {"state_size"', 'return {"size"'), "figures", "returns size, which series does not name"),
    "a figure of another shape": (STATE.replace("axis=[0, 2, 3]", "axis=[0, 2]"), "figures", "it must be a float of shape [trial]"),
    "a figure over all trials": (STATE.replace(MEAN, "tf.fill([3], tf.reduce_mean(hidden))"), "independence of trials", "depends on the trials beside it"),
    "features of another shape": (UNIFORM.replace("inputs[:, step]", "inputs"), "features", "it must be [sequence, feature]"),
    "an estimator that is not seeded": (UNIFORM.replace('"uniform", random_state=0', '"stratified"'), "fit", "give its estimator a random_state"),
}


def findings(source, tmp_path, wanted=lambda check: check.name != "compiles"):
    """What is found of the plug-in in a file, a mitigation tried on one model; no plug-in is left."""
    (tmp_path / "mine.py").write_text(source)
    plugins.add(tmp_path / "mine.py")
    try:
        (subject,) = subjects_of_module(Registry.plugins[-1])
        if subject.contract is mitigation.CONTRACT:
            subject = replace(subject, make=lambda make=subject.make: replace(make(), models=("rnn",)))
        return list(subject.findings(wanted))
    finally:
        Registry.plugins.clear()


KINDS = {"task": TASKS, "model": MODELS, "mitigation": MITIGATIONS, "other": OTHERS}
CASES = {f"{kind}: {name}": case for kind, cases in KINDS.items() for name, case in cases.items()}


@pytest.mark.parametrize(("source", "check", "sentence"), CASES.values(), ids=CASES)
def test_what_does_not_hold_is_found_by_the_check_that_is_meant_for_it(source, check, sentence, tmp_path):
    found = findings(source, tmp_path, lambda made: made.essential or made.name == check)[-1]
    assert (found.check, found.result) == (check, "does not hold"), found
    assert sentence in found.sentence


def test_an_error_is_told_with_its_file_and_line(tmp_path):
    source = parity(DRAW, "bits = 1 / 0")
    line = source[: source.index("bits = 1 / 0")].count("\n") + 1
    assert findings(source, tmp_path)[-1].where == f"mine.py, line {line}"


def test_a_model_that_says_that_it_sees_the_whole_sequence_is_not_blamed_for_it(tmp_path):
    source = BIDIRECTIONAL.replace("recurrent = True", "recurrent = True\n    causal = False")
    found = findings(source, tmp_path, lambda check: check.name in ("attributes", "causality"))
    assert [(finding.check, finding.result) for finding in found] == [("attributes", "holds"), ("causality", "not applicable")]
