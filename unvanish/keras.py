"""Find what is wrong with the training of a Keras model: the callback `Diagnose`, and `diagnose`, which trains a copy of the model.

>>> from unvanish.keras import Diagnose
>>> watch = Diagnose(x, y)
>>> model.fit(x, y, callbacks=[watch])
>>> print(watch.diagnosis)
"""

from unvanish.suite.debugger.callback import Diagnose
from unvanish.suite.debugger.copy import diagnose

__all__ = ["Diagnose", "diagnose"]
