"""One thread, as in a worker: results must not depend on the machine's cores."""

import gc
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.pop("MLFLOW_TRACKING_URI", None)

import pytest


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    from unvanish.suite.execution.tensorflow_setup import prepare_tensorflow

    prepare_tensorflow()
    gc.freeze()  # what was imported stays: otherwise each collection that a library asks for, as statsmodels does, goes through all of it
