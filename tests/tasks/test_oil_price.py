import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.golden.numbers import NO_FACTS
from unvanish.suite.experiment.profile import make_task
from unvanish.tasks.data_files import read_arrays
from unvanish.tasks.oil_price import SHA256, OilPrice, asked_days, moves
from unvanish.tasks.recorded import SPLITS

SIZE, DIRECTION = (OilPrice(0, facts=NO_FACTS, asks=asks) for asks in ("size", "direction"))


def whole(task, split):
    return task.with_blanks(split, np.arange(task.split_size(split)))


def test_the_days_are_those_of_the_series():
    arrays = read_arrays("oil_price.npz", SHA256)
    days = arrays["days"].astype("datetime64[D]")
    assert len(days) == 8321 and (np.diff(days).astype(int) > 0).all()
    assert str(days[0]) == "1986-01-02" and str(days[-1]) == "2019-01-03" and arrays["cents"][[0, -1]].tolist() == [2556, 4692]
    assert str(days[asked_days("test")[0] + 1])[:7] == "2009-03"


def test_no_day_that_is_asked_about_is_among_the_inputs():
    """The last input of each sequence is the move of the day before, of the inputs as of the target."""
    test, size = whole(SIZE, "test"), np.abs(moves())
    usual = np.median(size[np.concatenate([asked_days("training"), asked_days("validation")])])
    assert np.array_equal(test.targets[:, 0], size[asked_days("test")] > usual)
    assert np.allclose(np.corrcoef(test.inputs[:, -1, 0], moves()[asked_days("test") - 1])[0, 1], 1)
    assert not set(asked_days("test")) & set(asked_days("training")) and [len(asked_days(split)) for split in SPLITS] == [4956, 826, 2478]


def test_the_size_of_the_next_move_can_be_learned_a_little():
    """Logistic regression on logarithms of sizes, trained on all days before the test: one day .546, 22 days .611, 60 days .617, majority .540."""
    trained = [whole(SIZE, split) for split in ("training", "validation")]
    inputs, targets = (np.concatenate([getattr(of, name) for of in trained]) for name in ("inputs", "targets"))
    test = whole(SIZE, "test")
    assert np.bincount(test.targets[:, 0]).max() / len(test.targets) == pytest.approx(0.540, abs=0.001)
    for days, accuracy in ((1, 0.546), (22, 0.611), (60, 0.617)):
        fitted = LogisticRegression(max_iter=1000).fit(inputs[:, -days:, 1], targets[:, 0])
        assert fitted.score(test.inputs[:, -days:, 1], test.targets[:, 0]) == pytest.approx(accuracy, abs=0.001)


def test_the_direction_cannot_be_learned():
    """Measured: .508 against .513 of the majority; a standard error is .010."""
    training, test = whole(DIRECTION, "training"), whole(DIRECTION, "test")
    majority = np.bincount(test.targets[:, 0]).max() / len(test.targets)
    assert majority == pytest.approx(0.513, abs=0.0005)
    fitted = LogisticRegression(max_iter=1000).fit(training.inputs.reshape(len(training.inputs), -1), training.targets[:, 0])
    assert fitted.score(test.inputs.reshape(len(test.inputs), -1), test.targets[:, 0]) < majority + 0.02


def test_both_questions_stand_in_one_profile_by_names_of_their_own():
    task = make_task("oil_price:up", 0, {"asks": "direction", "facts": {**vars(NO_FACTS), "sequences": [0, 0, 0]}})
    assert task.name == "oil_price:up" and task.output_names == ("falls or stays", "rises") and "label" not in task.parameters
