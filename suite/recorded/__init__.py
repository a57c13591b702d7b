"""The answer of a benchmark on recorded data: networks against simple predictors, on the same rows of the test part."""

from unvanish.suite.recorded.answer import Candidate, ColumnImportance, RecordedAnswer, WrittenText, answers_as_json, read_answers

__all__ = ["Candidate", "ColumnImportance", "RecordedAnswer", "WrittenText", "answers_as_json", "read_answers"]
