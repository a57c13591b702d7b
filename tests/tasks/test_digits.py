import numpy as np
from sklearn.datasets import load_digits

from unvanish.tasks.digits import Digits
from unvanish.tasks.recorded import SPLITS

IMAGES, DIGITS = load_digits(return_X_y=True)


def whole(task, split):
    return task.with_blanks(split, np.arange(task.split_size(split)))


def test_the_splits_hold_every_image_of_scikit_learn_once_pixel_by_pixel():
    task = Digits(0)
    drawn = [whole(task, split) for split in SPLITS]
    rows = np.concatenate([np.column_stack([of.inputs[:, :, 0] * 16, of.targets]) for of in drawn])
    expected = np.column_stack([IMAGES, DIGITS])
    assert np.array_equal(rows[np.lexsort(rows.T)], expected[np.lexsort(expected.T)])


def test_every_digit_is_as_frequent_in_every_split():
    for split, share in zip(SPLITS, (0.6, 0.2, 0.2), strict=True):
        counts = np.bincount(whole(Digits(0), split).targets[:, 0], minlength=10)
        assert np.abs(counts - share * np.bincount(DIGITS)).max() < 2  # blocks of five across the bounds of classes


def test_the_lag_is_blank_steps_after_the_last_pixel():
    drawn, plain = whole(Digits(7), "test"), whole(Digits(0), "test")
    assert drawn.inputs.shape[1] == 71 and not drawn.inputs[:, 64:].any()
    assert np.array_equal(drawn.inputs[:, :64], plain.inputs) and plain.inputs[:, -1].any()


def test_permuted_pixels_are_the_same_pixels_in_one_other_order():
    task = Digits(0, permuted=True)
    permuted, plain = whole(task, "test").inputs, whole(Digits(0), "test").inputs
    assert not np.array_equal(permuted, plain)
    assert np.array_equal(permuted, plain[:, task.order]) and np.array_equal(np.sort(task.order), np.arange(64))


def test_a_digit_is_told_by_nothing_but_its_own_image():
    """Words name the pixel that is shown, also of a permuted image."""
    task = Digits(2, permuted=True)
    drawn = task.sample(1, "example")
    words = [step.input for step in task.describe_steps(drawn, 0)]
    row, column = divmod(int(task.order[5]), 8)
    assert words[5].startswith(f"row {row + 1}, column {column + 1}: ") and words[-2:] == ["blank", "blank"]
