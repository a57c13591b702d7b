"""Train many recurrent networks at once, under each mitigation of vanishing and exploding gradients, and diagnose what became of them."""
