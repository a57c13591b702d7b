"""Measure the training of a user's Keras model and name what is wrong with it; `unvanish.keras` is its public interface.

Rules, records and findings need no TensorFlow.
"""
