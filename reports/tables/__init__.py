"""Tables made from the tables of trials: conditions, rankings, claims, comparisons."""
