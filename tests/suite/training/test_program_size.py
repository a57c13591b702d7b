"""Trials side by side: no more than the cache holds, as little padding as can be."""

from unvanish.suite.experiment.plan import Budget, Condition
from unvanish.suite.experiment.trial import Trial
from unvanish.suite.mitigations import find
from unvanish.suite.models import MODELS
from unvanish.suite.training.program_size import activation_bytes, program_size_for
from unvanish.tasks.first_symbol import FirstSymbol

TASK = FirstSymbol(6)
SMALL = Budget(10, 6, 40, 20, 32, 64, 4, (1,), (2, 3))
MEDIUM = Budget(32, 32, 40, 20, 32, 64, 4, (1,), (2, 3))
LARGE = Budget(64, 64, 40, 20, 32, 64, 4, (1,), (2, 3))


def trials(count, seeds=None):
    condition = Condition(TASK, "rnn", find("none"), (0.1,), SMALL)
    return [Trial(condition, "evaluate", 0.1, index % (seeds or count)) for index in range(count)]


def test_a_program_is_small_so_that_the_last_of_a_wave_is_not_mostly_padding():
    """For any number of trials, those that are copies are at most a fifth of a program's run more than its share."""
    for count in (12, 18, 30, 42, 77):
        width = program_size_for(FirstSymbol(25), MODELS["lstm"], MEDIUM, trials(count)).trials
        assert -(-count // width) * width <= 1.2 * count


def test_a_program_has_room_for_the_sequences_of_every_seed_but_no_more_than_it_has_trials():
    assert program_size_for(TASK, MODELS["rnn"], SMALL, trials(12, seeds=5)).seeds == 5
    assert program_size_for(TASK, MODELS["rnn"], SMALL, trials(40)).seeds == 12


def test_a_lone_trial_is_joined_by_a_copy():
    """Alone it would be rounded differently, see `test_a_trials_numbers_do_not_depend_on_the_others_in_its_program`."""
    assert program_size_for(TASK, MODELS["rnn"], SMALL, trials(1)).trials == 2


def test_the_activations_of_a_trial_are_counted_by_hand():
    """An lstm's two states and four gates: 7 steps (lag 6), batch 64, hidden 64, 4 bytes each; a feedforward network sees one step."""
    assert activation_bytes(TASK, MODELS["lstm"], LARGE) == 7 * 64 * 64 * (2 + 4) * 4
    assert activation_bytes(TASK, MODELS["feedforward"], LARGE) == 64 * 64 * (1 + 1) * 4


def test_wide_programs_are_for_small_networks():
    small_width, large_width = (program_size_for(FirstSymbol(99), MODELS["lstm"], budget, trials(64)).trials for budget in (SMALL, LARGE))
    assert (
        small_width == 7 and large_width == 4
    )  # 1 MiB holds 7 times 100 steps x 6 sequences x 10 units x 6 x 4 bytes, 40 MiB 4 times 100 steps x 64 sequences x 64 units x 6 x 4 bytes


def test_lags_that_share_programs_have_programs_of_one_size():
    """Their activations are those of the longest."""
    sizes = {program_size_for(FirstSymbol(lag), MODELS["lstm"], MEDIUM, trials(77), max_length=26) for lag in (5, 25)}
    assert len(sizes) == 1
