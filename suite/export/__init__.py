"""Trained trials outside this project: Keras models, Keras code, and predictions for a log."""
