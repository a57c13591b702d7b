"""`unvanish diagnose`: findings within 80 columns, as JSON and as a page; whatever is wrong with a file is said in one sentence."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.commands import unvanish


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A model whose gradient vanishes, and data for it: the first of 25 numbers decides."""
    import keras

    folder = tmp_path_factory.mktemp("files")
    random = np.random.default_rng(0)
    x = 0.3 * random.normal(size=(300, 25, 1)).astype("float32")
    x[:, 0, 0] = random.choice([-1, 1], 300)
    keras.utils.set_random_seed(1)
    layer = keras.layers.SimpleRNN(8, recurrent_initializer=keras.initializers.RandomNormal(stddev=0.1))
    model = keras.Sequential([keras.Input((25, 1)), layer, keras.layers.Dense(1, activation="sigmoid")])
    model.save(folder / "uncompiled.keras")
    model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
    model.save(folder / "model.keras")
    y = (x[:, 0, 0] > 0).astype("float32")
    np.savez(folder / "data.npz", x=x, y=y)
    np.savez(folder / "no_y.npz", x=x)
    np.savez(folder / "lengths.npz", x=x, y=y[:5])
    np.savez(folder / "shapes.npz", x=x[:, :4], y=y)
    np.savez(folder / "nan.npz", x=np.where(x > 0, x, np.nan), y=y)
    np.savez(folder / "words.npz", x=x, y=y.astype(str))
    np.savez(folder / "targets.npz", x=x, y=np.zeros((300, 3)))
    np.savez(folder / "objects.npz", x=x, y=np.array([None] * 300))
    (folder / "broken.npz").write_text("no")
    (folder / "broken.keras").write_text("no")
    return folder


def diagnose(folder: Path, *arguments, status=0):
    done = unvanish("diagnose", *arguments, cwd=folder)
    assert done.returncode == status, done.stderr
    return done


def test_it_says_what_is_wrong_within_80_columns_and_writes_a_page(files):
    before = (files / "model.keras").read_bytes()
    done = diagnose(files, "model.keras", "data.npz", "--steps", 40, "--page", "page.html")
    assert "1. vanished, since step 0" in done.stdout and "Clipping cannot help" in done.stdout and done.stderr == ""
    assert max(map(len, done.stdout.splitlines())) <= 80
    page = (files / "page.html").read_text()
    assert "Vanished, since step 0" in page and "://" not in page.replace("http://www.w3.org", "")
    assert (files / "model.keras").read_bytes() == before


def test_an_uncompiled_model_is_given_its_loss_and_json_is_plain(files):
    content = json.loads(diagnose(files, "uncompiled.keras", "data.npz", "--loss", "binary_crossentropy", "--steps", 10, "--json").stdout)
    assert content["record"]["setup"]["optimizer"] == "Adam" and content["record"]["losses"]


def test_targets_of_another_size_end_with_the_finding_and_not_with_the_error_of_keras(files):
    done = diagnose(files, "model.keras", "targets.npz")
    assert "wrong output" in done.stdout and "no training step" in done.stdout and "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["model.keras", "no_y.npz"], "has no array y, but x"),
        (["model.keras", "lengths.npz"], "300 samples in x and 5 in y"),
        (["model.keras", "shapes.npz"], "samples of shape (4, 1) and the model takes (25, 1)"),
        (["model.keras", "nan.npz"], "not finite"),
        (["model.keras", "words.npz"], "give numbers"),
        (["model.keras", "objects.npz"], "cannot be read as arrays"),
        (["model.keras", "broken.npz"], "cannot be read as arrays"),
        (["model.keras", "absent.npz"], "does not exist"),
        (["absent.keras", "data.npz"], "does not exist"),
        (["broken.keras", "data.npz"], "cannot be loaded as a Keras model"),
        (["data.npz", "data.npz"], "must end in .keras"),
        (["uncompiled.keras", "data.npz"], "--loss"),
        (["uncompiled.keras", "data.npz", "--loss", "mine"], "the loss is mine"),
        (["model.keras", "data.npz", "--benchmark", "nowhere"], "there are no results"),
        (["model.keras", "data.npz", "--page", "nowhere/page.html"], "does not exist"),
    ],
)
def test_what_cannot_be_diagnosed_ends_in_one_sentence(files, arguments, sentence):
    done = diagnose(files, *arguments, status=2)
    assert sentence in done.stderr and done.stderr.count("\n") == 1 and done.stdout == ""
    assert not (files / "nowhere").exists()


@pytest.mark.slow
def test_the_advice_is_tried_and_each_change_has_a_line_in_text_json_and_page(files):
    before = (files / "model.keras").read_bytes()
    common = ("model.keras", "data.npz", "--steps", 40, "--try", "--time-limit", 60)
    done = diagnose(files, *common, "--page", "tried.html")
    assert "The advice, tried" in done.stdout and "instead of SimpleRNN" in done.stdout and done.stderr == ""
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert 'id="tried"' in (files / "tried.html").read_text() and (files / "model.keras").read_bytes() == before
    content = json.loads(diagnose(files, *common[:-1], 1, "--json").stdout)
    assert content["tried"]["note"].startswith("Nothing was tried: training the unchanged program takes longer than the time limit of 1 second")
