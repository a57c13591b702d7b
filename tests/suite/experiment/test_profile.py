"""Profiles are read strictly; what is wrong is said in one sentence with what to write instead."""

import itertools

import pytest

from tests.support.slow import slow_but
from unvanish.suite.experiment.profile import FOLDER, load, profile_names
from unvanish.tasks import TASKS
from unvanish.tasks.errors import UsageError

REQUIRED = {"none", "truncated_bptt", "gradient_clipping", "rmsprop", "relu"}
SMOKE = (FOLDER / "smoke.toml").read_text()


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return str(path)

    return write


@pytest.mark.parametrize("name", slow_but(set(profile_names()) - {"real"}, profile_names()))  # the facts of ten data sets take a minute
def test_every_profile_that_ships_is_valid_and_has_the_required_mitigations(name):
    if name == "real" and (reason := TASKS["shoulder_exercises"].not_installed()):
        with pytest.raises(UsageError, match=r"needs the data of the package seglearn, which is not installed; install it with"):
            load(name)
        pytest.skip(reason)
    profile = load(name)
    assert set(profile.mitigations) >= REQUIRED
    assert set(profile.models) == {"feedforward", "rnn", "lstm", "gru"}


def test_profiles_are_those_promised():
    assert profile_names() == ["smoke", "quick", "real", "reference", "standard", "paper"]
    assert {entry.name for entry in load("smoke").task} == {"copy_memory", "first_symbol", "adding", "temporal_order", "exercise_schedule"}
    quick = load("quick")
    lags = {name: {lag for entry in quick.task for lag in entry.lags if entry.name == name} for name in (entry.name for entry in quick.task)}
    assert len(lags) >= 3 and all(len(of_task) >= 2 for of_task in lags.values())
    assert quick.learning_rates.count >= 3 and len(quick.tuning_seeds) >= 2 and len(quick.evaluation_seeds) >= 5
    assert {"gradient_clipping+rmsprop", "frozen"} <= set(quick.mitigations)


def test_the_learning_rates_have_the_same_number_and_spacing_for_every_optimizer():
    rates = load("quick").learning_rates
    grids = [rates.of(name).first for name in ("sgd", "rmsprop", "adam")]
    for grid in grids:
        assert len(grid) == rates.count
        assert [b / a for a, b in itertools.pairwise(grid)] == pytest.approx([rates.ratio] * (rates.count - 1), rel=1e-4)
    assert grids[0][rates.count // 2] == rates.sgd


def test_a_grid_grows_only_where_the_profile_says_so():
    rates = load("quick").learning_rates
    assert rates.most is not None and rates.of("sgd").most == rates.most > rates.count
    fixed = rates.model_copy(update={"most": None}).of("sgd")
    assert fixed.most == len(fixed.first) == rates.count


def test_a_profile_of_ones_own_is_a_path(written):
    assert load(written(SMOKE)).name == "mine"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("hidden_size = 8", "hiden_size = 8", "no key 'hiden_size'; did you mean 'hidden_size'"),
        ("hidden_size = 8", 'hidden_size = "8"', "hidden_size is '8'; it should be a valid integer"),
        ("hidden_size = 8", "hidden_size = 8.5", "hidden_size is 8.5"),
        ("hidden_size = 8", "hidden_size = true", "hidden_size is True"),
        ("hidden_size = 8", "hidden_size = 0", "hidden_size is 0; it should be greater than 0"),
        ("hidden_size = 8\n", "", "hidden_size is missing"),
        ("hidden_size = 8", "hidden_size = ", "not valid TOML"),
        ('"lstm"', '"lstn"', "no model 'lstn'; did you mean 'lstm'"),
        ('"rmsprop", "relu"', '"rmsprop", "rely"', "no mitigation 'rely'; did you mean 'relu'"),
        ('"relu", "frozen"]', '"none"]', "'none' twice"),
        ('models = ["feedforward", "rnn", "lstm", "gru"]', "models = []", "models is \\[\\]; .*at least 1 item"),
        ("tuning_seeds = [1]", "tuning_seeds = []", "tuning_seeds is \\[\\]"),
        ("tuning_seeds = [1]", "tuning_seeds = [101]", "seed 101 is in tuning_seeds and in evaluation_seeds"),
        ("tuning_seeds = [1]", "tuning_seeds = [-1]", "tuning_seeds.0 is -1"),
        ("evaluate_every = 20", "evaluate_every = 30", "steps must be a multiple of evaluate_every"),
        ("test_sequences = 64", "test_sequences = 65", "test_sequences must be a multiple"),
        ("count = 2", "count = 0", "learning_rates.count is 0"),
        ("count = 2", "cuont = 2", "no key 'cuont'; did you mean 'count'"),
        ("sgd = 0.1", "sgd = nan", "learning_rates.sgd is nan"),
        ("ratio = 10.0", "ratio = 1.0", "learning_rates.ratio is 1.0"),
        ("most = 3", "most = 1", "most is 1 and count 2; most must be at least count"),
        ("most = 3", "most = 0", "learning_rates.most is 0"),
        ("most = 3", "most = 7.5", "learning_rates.most is 7.5"),
        ("most = 3", "most = 60", "the learning rates of sgd reach from 3.1.e-60 to 3.1.e.57; single precision holds .*make ratio, most or"),
        ("sgd = 0.1", "sgd = 3e38", "the learning rates of sgd reach from 9.4.*e.36 to 9.4.*e.39; single precision holds .*make ratio, most or"),
        ("sgd = 0.1", "sgd = 1e-45", "the learning rates of sgd reach"),
        ("ratio = 10.0", "ratio = 1e300", "the learning rates of sgd reach"),
        ("most = 3", "most = 100000", "learning_rates.most is 100000; it should be less than or equal to 1000"),
        ("window = 3", "windov = 3", "no parameter of truncated_bptt 'windov'; did you mean 'window'"),
        ("window = 3", "window = 0", "window of the mitigation truncated_bptt is 0"),
        ('name = "adding"', 'name = "ading"', "no task 'ading'; did you mean 'adding'"),
        ("lags = [6]", "lags = [-1]", "lag of adding is -1; .*at least 2"),
        ("lags = [6]", "lags = []", "lags is \\[\\]"),
        ("lags = [6]", "lags = [6, 6]", "adding has the lag 6 twice"),
        ("lags = [6]", "lag = [6]", "no key 'lag'; did you mean 'lags'"),
        ("copied = 2", "copie = 2", "no parameter of copy_memory 'copie'; did you mean 'copied'"),
        ("copied = 2", "copied = 0", "copied of copy_memory is 0"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(written, old, new, sentence):
    assert old in SMOKE
    path = written(SMOKE.replace(old, new, 1))
    with pytest.raises(UsageError, match=sentence) as error:
        load(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("given", "sentence"), [("quik", "did you mean 'quick'"), ("", "no profile"), ("nowhere/x.toml", "cannot be read"), ("tests", "cannot be read")]
)
def test_a_profile_that_is_not_there_is_said_so(given, sentence):
    with pytest.raises(UsageError, match=sentence):
        load(given)
