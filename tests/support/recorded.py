"""Answers on recorded data, made up."""

from unvanish.suite.recorded import Candidate, ColumnImportance, RecordedAnswer, WrittenText
from unvanish.tasks.published import Published

CLASS_ERRORS, NUMBER_ERRORS = ("accuracy", "balanced accuracy"), ("mean absolute error", "root mean square error")


def class_answer():
    """An answer on a class."""

    def candidate(name, kind, errors, *predictions):
        return Candidate(name, kind, dict(zip(CLASS_ERRORS, errors, strict=True)), [list(map(float, seed)) for seed in predictions])

    candidates = [
        candidate("always a", "simple", (0.5, 0.5), [0, 0, 0, 0]),
        candidate("last step", "fitted", (0.5, 0.6), [0, 1, 1, 0]),
        candidate("gru", "network", (0.75, 2 / 3), [0, 0, 1, 0], [0, 0, 1, 0]),
    ]
    columns = [ColumnImportance("day", 0.1, 0.05, 0.15)]
    found = ("table", 0, "exercise", ("a", "b"), [0.0, 0.0, 1.0, 1.0], True, candidates, "last step", "gru", "none", ["1f", "2f"])
    return RecordedAnswer(*found, 0.25, 0.1, 0.4, columns, True, 4)


def number_answer():
    """An answer on a number."""

    def candidate(name, kind, errors, *predictions):
        return Candidate(name, kind, dict(zip(NUMBER_ERRORS, errors, strict=True)), [list(map(float, seed)) for seed in predictions])

    candidates = [
        candidate("same as the row before", "simple", (2, 2.5), [68, 70, 71]),
        candidate("gru with adam", "network", (1.5, 2), [69, 70, 72], [70, 71, 72]),
    ]
    found = ("table:weight", 0, "weight", (), [70.0, 71.0, 73.0], True, candidates, "same as the row before", "gru", "adam", ["3f", "4f"])
    return RecordedAnswer(*found, 0.5, 0.1, 0.9, [], True, 3)


def text_answer():
    """An answer on a text."""

    def candidate(name, kind, bits, right):
        return Candidate(name, kind, {"bits per character": bits, "most probable one is right": right}, [])

    candidates = [candidate("last symbol", "simple", 3.456, 0.25), candidate("n-grams of order 4", "simple", 2.234, 0.5), candidate("gru", "network", 2.5, 0.4)]
    found = ("text", 0, "the next character of Alice in Wonderland", (), [], True, candidates, "n-grams of order 4", "gru", "none", ["5f", "6f", "7f"])
    published = [Published(2.27, "bits_per_symbol", "bzip2 -9", "Seward 1996", "as a whole")]
    return RecordedAnswer(*found, -0.266, -0.3, -0.2, [], False, 12_800, True, published, WrittenText("Alice was", " beginning <to>\nget"))
