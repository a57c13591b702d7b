"""Answers on recorded data, made up."""

from unvanish.suite.recorded import Candidate, ColumnImportance, RecordedAnswer

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
    return RecordedAnswer(*found, 0.25, 0.1, 0.4, columns, True)


def number_answer():
    """An answer on a number."""

    def candidate(name, kind, errors, *predictions):
        return Candidate(name, kind, dict(zip(NUMBER_ERRORS, errors, strict=True)), [list(map(float, seed)) for seed in predictions])

    candidates = [
        candidate("same as the row before", "simple", (2, 2.5), [68, 70, 71]),
        candidate("gru with adam", "network", (1.5, 2), [69, 70, 72], [70, 71, 72]),
    ]
    found = ("table:weight", 0, "weight", (), [70.0, 71.0, 73.0], True, candidates, "same as the row before", "gru", "adam", ["3f", "4f"])
    return RecordedAnswer(*found, 0.5, 0.1, 0.9, [], True)
