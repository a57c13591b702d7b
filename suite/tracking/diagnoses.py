"""The diagnosis of a Keras training in MLflow's active run, beside what `mlflow.keras.autolog` writes there."""

from __future__ import annotations

import math
import re
import time
import warnings
from collections.abc import Mapping
from typing import Any

import mlflow
from mlflow.entities import Metric, RunTag
from mlflow.exceptions import MlflowException

from unvanish.suite.redaction import redact

FOLDER = "diagnosis"  # of the artifacts
MAX_NAME = 200  # characters of a layer's name in that of a metric, of which MLflow takes 250


def log_to_active_run(content: Mapping[str, Any], page: str) -> bool:
    """Write tags `diagnosis` and `outcome`, curves of what was measured, the data as JSON and the page; return whether there was a run to write to.

    Where MLflow does not take them, a warning says so: the training has ended well, and its diagnosis is at hand.
    """
    run = mlflow.active_run()
    if run is None:
        return False
    client, now = mlflow.MlflowClient(), int(time.time() * 1000)
    metrics = [Metric(name, value, now, step) for name, value, step in curves(content) if value is not None and math.isfinite(value)]
    tags = [RunTag("diagnosis", ", ".join(finding["cause"] for finding in content["findings"]) or "healthy"), RunTag("outcome", content["outcome"]["word"])]
    try:
        client.log_batch(run.info.run_id, metrics=metrics, tags=tags)
        client.log_dict(run.info.run_id, dict(content), f"{FOLDER}/diagnosis.json")
        client.log_text(run.info.run_id, page, f"{FOLDER}/diagnosis.html")
    except MlflowException as error:
        warnings.warn(f"the diagnosis could not be written to MLflow: {redact(str(error).splitlines()[0])}", stacklevel=2)
    return True


def curves(content: Mapping[str, Any]) -> list[tuple[str, float | None, int]]:
    """Name, value and step of each measurement, and the figures of the whole training at its last step."""
    record = content["record"]
    last = len(record["losses"])
    points: list[tuple[str, float | None, int]] = [
        ("diagnosis/findings", float(len(content["findings"])), last),
        ("diagnosis/score", content["outcome"]["score"], last),
        ("gradient/clipped_share", content["clipping"]["clipped_share"], last),
        *(("gradient/update_ratio", update["total"], update["step"]) for update in record["updates"]),
    ]
    for probe in record["probes"]:
        points.append(("gradient/norm", probe["gradient_norm"], probe["step"]))
        points += [(f"spectral_radius/{metric_name(layer)}", radius, probe["step"]) for layer, radius in probe["spectral_radius"].items()]
    return points


def metric_name(layer: str) -> str:
    """Return the name of a layer as part of that of a metric: MLflow refuses other characters, and with them all that is written at once."""
    return re.sub(r"[^\w -]", "_", layer)[:MAX_NAME]
