import pandas as pd

from unvanish.reports.statistics.sensitivity import by_rate, rates_that_solve

TUNING = pd.DataFrame(
    [
        ("none", 0.01, 1, "vanished", 0.0),
        ("none", 0.01, 2, "vanished", 0.2),
        ("none", 0.3, 1, "solved", 1.0),
        ("none", 0.3, 2, "exploded", 0.0),
        ("none", 0.1, 1, "solved", 1.0),
        ("none", 0.1, 2, "solved", 0.9),
        ("rmsprop", 0.001, 1, "learning", 0.5),
    ],
    columns=["mitigation", "learning_rate", "seed", "diagnosis", "score"],
).assign(task="adding", lag=25, model="rnn")


def test_a_rate_works_where_every_tuning_trial_solves_the_task():
    rates = rates_that_solve(TUNING).loc["adding", 25, "rnn"]
    assert rates.loc["none"].to_dict() == {"n_rates_solved": 1, "n_rates": 3}
    assert rates.loc["rmsprop"].to_dict() == {"n_rates_solved": 0, "n_rates": 1}


def test_rates_are_in_order_and_an_explosion_pulls_the_mean_down():
    rates = by_rate(TUNING).loc["adding", 25, "rnn", "none"]
    assert rates.index.tolist() == [0.01, 0.1, 0.3]
    assert rates.score.tolist() == [0.1, 0.95, 0.5]
    assert rates.n_solved.tolist() == [0, 2, 1] and rates.n_trials.tolist() == [2, 2, 2]
