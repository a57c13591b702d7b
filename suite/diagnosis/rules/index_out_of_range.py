"""An index beyond the rows of an Embedding.

TensorFlow raises an error on a processor; compiled or on a GPU it looks up another row, or zeros, without a word.
"""

from unvanish.suite.diagnosis.rule import ANY, RESULTS, STEPS, KerasRule, Rule, finding


def in_keras(training):
    """Each Embedding with such an index."""
    for lookup in training.setup.lookups:
        if lookup.low >= 0 and lookup.high < lookup.rows:
            continue
        wrong = f"up to {lookup.high}" if lookup.high >= lookup.rows else f"down to {lookup.low}"
        yield finding(
            training,
            "index_out_of_range",
            what=f"{lookup.layer} is given indices {wrong} and has {lookup.rows} rows.",
            why=f"indices go from {lookup.low} to {lookup.high}; an Embedding of {lookup.rows} rows takes 0 to {lookup.rows - 1}.",
            advice="Make the Embedding as large as the highest index plus 1." if lookup.low >= 0 else "Number what is looked up from 0.",
            snippet=f"keras.layers.Embedding({lookup.high + 1}, units)\n" if lookup.low >= 0 else "",
        )


CRITERIA = {"an index is below 0 or not below the number of rows of its Embedding": ANY}
RULE = Rule("index_out_of_range", keras=KerasRule(130, in_keras, CRITERIA, consequences=("frozen", *STEPS, *RESULTS)))
