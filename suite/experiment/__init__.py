"""What is compared and how rates are chosen: profiles, plans, conditions, trials, and what identifies them."""
