"""Rare classes weighted up in the loss; judged by balanced accuracy, since the log loss of all samples rises by it."""

from dataclasses import replace

import numpy as np

from unvanish.suite.debugger.judging import truth_of
from unvanish.suite.debugger.program import Change, Fix

CODE = 'weights = sklearn.utils.class_weight.compute_sample_weight("balanced", y)\nmodel.fit(x, y, sample_weight=weights)\n'


def propose(program):
    """For a single output of classes, and a target a sample."""
    if len(program.targets) != 1 or truth_of(program.targets[0], program.readings[0]).kind != "classes":
        return []
    return [Change("classes weighted alike", weighted, CODE, balanced=True)]


def weighted(program):
    """The program with weights that are inverse to the frequency of the class."""
    truth = truth_of(program.targets[0], program.readings[0])
    _, places, counts = np.unique(truth.values[program.training], return_inverse=True, return_counts=True)
    weight = np.ones(truth.values.shape, np.float32)
    weight[program.training] = (places.size / (len(counts) * counts[places])).reshape(weight[program.training].shape)
    return replace(program, data=replace(program.data, weight=weight if program.data.weight is None else weight * program.data.weight))


FIX = Fix("class_weight", frozenset({"class_never_predicted"}), propose, 5)
