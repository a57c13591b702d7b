"""The next symbol of a text: which are read, where the text is cut, and what n-grams make of it."""

import bz2
import gzip
from collections import Counter, defaultdict

import numpy as np
import pytest

from unvanish.suite.experiment.profile import make_task
from unvanish.suite.references import REFERENCES, evaluate
from unvanish.tasks.data_files import read_bytes
from unvanish.tasks.errors import UsageError
from unvanish.tasks.ngrams import WittenBell
from unvanish.tasks.text import Text
from unvanish.tasks.text_file import ALICE_SHA256
from unvanish.tasks.text_generation import generate

ALICE = gzip.decompress(read_bytes("alice29.txt.gz", ALICE_SHA256))
NURSERY = "Twinkle, twinkle, little bat! How I wonder what you're at! "


@pytest.fixture(scope="module")
def alice():
    return Text(0)


def of_file(tmp_path, content, **parameters):
    path = tmp_path / "mine.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Text(parameters.pop("lag", 0), file="mine.txt", location=path, **parameters)


def test_the_text_that_ships_is_the_one_that_compressors_are_compared_by():
    """The Canterbury corpus: 152,089 characters; bits per character of gzip and bzip2 at their best."""
    assert len(ALICE) == 152_089
    assert 8 * len(gzip.compress(ALICE, 9)) / len(ALICE) == pytest.approx(2.85, abs=0.005)
    assert 8 * len(bz2.compress(ALICE, 9)) / len(ALICE) == pytest.approx(2.27, abs=0.005)
    assert {figure.value for figure in Text.published} == {2.85, 2.27}


def test_n_grams_of_order_4_need_2_15_bits_for_the_last_tenth_as_measured_elsewhere():
    """By dictionaries of counts, and the recursion of Witten and Bell; the class counts with arrays."""
    text = np.frombuffer(ALICE, np.uint8)
    symbols = np.unique(text, return_inverse=True)[1]
    contexts = np.stack([np.concatenate([np.full(back, -1), symbols[:-back]]) for back in range(1, 5)], axis=1)
    split = int(0.9 * len(symbols))
    model = WittenBell(4, symbols.max() + 1).fit(contexts[:split], symbols[:split])
    probabilities = model.predict_proba(contexts[split:])
    assert np.allclose(probabilities.sum(axis=1), 1)
    right = probabilities[np.arange(len(symbols) - split), symbols[split:]]
    assert -np.log2(right).mean() == pytest.approx(2.15, abs=0.005)

    counts = defaultdict(Counter)
    for position in range(split):
        for length in range(5):
            if position >= length:
                counts[ALICE[position - length : position]][ALICE[position]] += 1
    for position, probability in zip(range(split, split + 300), right, strict=False):
        expected = 1 / len(set(ALICE))
        for length in range(5):
            after = counts.get(ALICE[position - length : position])
            if after:
                expected = (after[ALICE[position]] + len(after) * expected) / (after.total() + len(after))
        assert probability == pytest.approx(expected)


def test_a_stretch_is_the_text_and_each_target_the_symbol_after_its_step(alice):
    drawn = alice.sample(20, "training", 3)
    given = drawn.inputs.argmax(-1)
    text = ALICE.decode()
    for stretch, wanted in zip(given, drawn.targets, strict=True):
        read = "".join(alice.symbols.vocabulary[number] for number in stretch)
        asked = "".join(alice.symbols.vocabulary[number] for number in wanted)
        assert len(read) == 80 and read[17:] == asked[:-1] and read + asked[-1] in text
    assert alice.loss_steps == tuple(range(16, 80))


def test_the_test_is_the_last_tenth_each_symbol_asked_for_once(alice):
    count = alice.available("test", 10_000)
    (test,) = alice.evaluation_parts("test", count, count)
    ordered = alice.with_blanks("test", np.arange(count))
    asked = "".join(alice.symbols.vocabulary[number] for number in ordered.targets.ravel()[:200])
    start = int(0.9 * 152_089) + 17
    assert asked == ALICE.decode()[start : start + 200]
    assert ordered.targets.size == count * 64 and 152_089 - start - ordered.targets.size < 64
    assert {of.tobytes() for of in test.inputs} == {of.tobytes() for of in ordered.inputs}


def test_the_reference_predictors_reach_what_the_facts_say(alice):
    """The baseline knows the last character alone; n-grams trained on 85 in place of 90 % need a little more than 2.15 bits."""
    count = alice.available("test", 10_000)
    (test,) = alice.evaluation_parts("test", count, count)
    results = {name: evaluate(REFERENCES[name], alice, test) for name in REFERENCES.names if REFERENCES[name].applies(alice)}
    assert set(results) == {"majority", "last symbol", "n-grams of order 4"}
    assert results["last symbol"].metric == pytest.approx(alice.baseline_metric, abs=1e-5)
    assert results["last symbol"].loss == pytest.approx(alice.baseline_loss, abs=1e-4)
    assert results["n-grams of order 4"].metric == pytest.approx(alice.facts.reference_metric, abs=1e-5)
    assert 2.15 < alice.facts.reference_metric < 2.25
    assert alice.solved(alice.solved_at_metric) and not alice.solved(alice.facts.reference_metric) and alice.metric_label == "bits per character"


def test_the_lag_puts_blanks_after_each_symbol_and_asks_at_the_last_of_them(alice):
    stretched = Text(2, facts=alice.facts)
    plain, drawn = alice.sample(5, "validation"), stretched.sample(5, "validation")
    assert np.array_equal(drawn.inputs[:, ::3], plain.inputs) and np.array_equal(drawn.targets, plain.targets)
    assert (np.delete(drawn.inputs, np.s_[::3], axis=1).argmax(-1) == stretched.input_size - 1).all()
    assert stretched.loss_steps[:2] == (16 * 3 + 2, 17 * 3 + 2) and stretched.length == 240
    words = stretched.describe_steps(drawn, 0)
    assert words[1].input == "blank" and words[50].target == stretched.output_names[drawn.targets[0, 0]]
    reference = REFERENCES["n-grams of order 4"]
    same = [reference.features(task, of.inputs, task.loss_steps[7]) for task, of in ((alice, plain), (stretched, drawn))]
    assert np.array_equal(*same)


def test_words_and_rare_ones(tmp_path):
    task = of_file(tmp_path, NURSERY * 80, by="word", vocabulary=6, context=2, steps=8)
    assert "'!'" in task.output_names and task.output_names[-1] == "rare" and task.output_size == 7
    assert task.metric_label == "bits per word"
    assert 6 in task.symbols.numbers  # the seventh most frequent word and all after it


def test_a_symbol_that_only_the_test_part_has_is_rare(tmp_path):
    task = of_file(tmp_path, "ab" * 900 + "é" * 200, context=2, steps=8)
    assert task.symbols.vocabulary == ("a", "b") and task.symbols.numbers[-1] == 2 == task.output_size - 1


def test_a_byte_order_mark_is_no_symbol_and_letters_of_any_script_are(tmp_path):
    task = of_file(tmp_path, b"\xef\xbb\xbf" + "Ёжик 刺猬 ".encode() * 200, context=2, steps=8)
    assert set("Ёжик刺猬 ") == set(task.symbols.vocabulary)


REFUSED = {
    "is not in UTF-8 .byte 3: invalid continuation byte.; save it as UTF-8": "caf\xe9 ".encode("latin-1") * 500,
    "the validation part of the text mine.txt has 30 characters, and two stretches of context . steps = 16 . 64 have no room": NURSERY.encode()[:50] * 12,
    "cannot be read .it is a folder.; give a text file in UTF-8": None,
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_is_no_text_or_too_short_is_refused_in_a_sentence(tmp_path, sentence):
    with pytest.raises(UsageError, match=sentence):
        of_file(tmp_path, REFUSED[sentence]) if REFUSED[sentence] else Text(0, file="x", location=tmp_path)


def test_a_text_that_has_changed_is_not_mixed_with_its_results(tmp_path):
    task = of_file(tmp_path, NURSERY * 80, steps=8)
    (tmp_path / "mine.txt").write_text(NURSERY.upper() * 80)
    with pytest.raises(UsageError, match="has changed since its results were made; run the profile again"):
        task.sample(3, "test")


def test_a_profile_names_the_file_from_its_folder(tmp_path):
    (tmp_path / "mine.txt").write_text(NURSERY * 80)
    task = make_task("text:bat", 0, {"file": "mine.txt", "steps": 8}, tmp_path)
    assert task.name == "text:bat" and "location" not in task.parameters and "label" not in task.parameters
    assert make_task("text", 0, task.parameters | {"file": str(tmp_path / "mine.txt")}).facts == task.facts


def test_a_network_that_knows_the_text_writes_it(tmp_path):
    """One that says the symbol after the last occurrence of all that it has read in the rhyme; of each symbol it is given the blank steps too."""
    task = of_file(tmp_path, NURSERY * 80, context=2, steps=8, lag=1)
    vocabulary, rhyme = task.symbols.vocabulary, NURSERY * 9

    def network():
        read = ""

        def reader(inputs):
            nonlocal read
            assert (inputs[1::2].argmax(-1) == task.input_size - 1).all() and len(inputs) % 2 == 0
            read += "".join(vocabulary[number] for number in inputs[::2].argmax(-1))
            logits = np.full(task.output_size, -50.0)
            logits[vocabulary.index(rhyme[rhyme.index(read) + len(read)])] = 50
            return logits

        return reader

    beginning, written = generate(task, network(), 100)
    assert len(beginning) == 10 and len(written) == 100 and beginning + written in NURSERY * 80
    assert generate(task, network(), 20)[1] == written[:20]
    with pytest.raises(UsageError, match="the temperature is 0; give a number above 0"):
        generate(task, network(), temperature=0)
