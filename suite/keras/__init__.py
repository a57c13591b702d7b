"""What is wrong with the training of a Keras model: the callback `Diagnose`, and `diagnose`, which trains a copy under it.

>>> from suite.keras import Diagnose
>>> watch = Diagnose(x, y)
>>> model.fit(x, y, callbacks=[watch])
>>> watch.diagnosis.findings

An outermost interface, as the command line is: nothing else in `suite` imports it. Rules, records and findings need no TensorFlow.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suite.keras.callback import Diagnose
    from suite.keras.copy import diagnose

__all__ = ["Diagnose", "diagnose"]


def __getattr__(name: str) -> Any:
    """What needs Keras is loaded when it is first used."""
    if name == "Diagnose":
        from suite.keras.callback import Diagnose

        return Diagnose
    if name == "diagnose":
        from suite.keras.copy import diagnose

        return diagnose
    raise AttributeError(f"module 'suite.keras' has no attribute {name!r}")
