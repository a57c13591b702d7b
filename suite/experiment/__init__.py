"""The experiment, before anything is trained, and the choice of learning rates: profiles, plans, conditions, trials, and what identifies them."""
