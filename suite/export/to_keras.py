"""A trained network as a Keras model that loads without this project: of Keras' own layers where these compute the same, else with its code beside it."""

from __future__ import annotations

import json
import keyword
import os
import shutil
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unvanish.suite.experiment.best_trial import best_trial
from unvanish.suite.experiment.trial import Result
from unvanish.suite.export import generated_layer
from unvanish.suite.export.comparison import Comparison, compare
from unvanish.suite.export.encoding import ENCODING_FILE, encoding
from unvanish.suite.export.source_code import NotCopyable
from unvanish.suite.export.trained_network import TrainedNetwork
from unvanish.suite.models import MODELS, Cell
from unvanish.tasks.errors import UsageError

if TYPE_CHECKING:
    import keras

IMPORTED = {"keras", "tensorflow", "numpy"}  # by the code of a layer, which must not have such a name


@dataclass(frozen=True)
class Exported:
    """The files of a network.

    model       the .keras file
    code        the module with its layer, to be imported before the model is loaded; None where it has Keras' own layers alone
    difference  the largest from the outputs of the network itself, relative to the largest of these
    """

    model: Path
    code: Path | None
    difference: float


def save(network: TrainedNetwork, path: Path) -> Exported:
    """Write a .keras file with what its inputs and outputs are in it, and the code of its layer beside it where Keras has none.

    What is written is loaded again before, and compared with the network. Raises `UsageError` where that is no place for it, or where it differs.
    """
    check_place(path)
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / path.name
        model, source = standard_model(network), None
        if model is None:
            model, source = generated_model(network, path)
        write(network, model, written)
        comparison = compare(network, load(network, written))
        if not comparison.equal:
            raise UsageError(refusal(network, comparison))
        code = path.with_suffix(".py") if source else None
        try:
            if code and source:
                code.write_text(source, encoding="utf-8")
            shutil.copyfile(written, path)
        except OSError as error:
            raise UsageError(f"{path} cannot be written ({error.strerror}); give another place") from None
    return Exported(path, code, comparison.difference)


def check_place(path: Path) -> None:
    """Raise `UsageError` for a path that is no place for a .keras file."""
    if path.suffix != ".keras":
        raise UsageError(f"the file to export to is {path}; its name must end in .keras")
    if not os.path.isdir(path.parent):
        raise UsageError(f"the folder {path.parent} does not exist; create it or give another place")


def check_place_of_code(path: Path) -> None:
    """Raise `UsageError` where the code beside a .keras file could not be imported, or would replace a file that is not of this project."""
    stem, code = path.stem, path.with_suffix(".py")
    if not stem.isidentifier() or keyword.iskeyword(stem) or stem in sys.stdlib_module_names | IMPORTED:
        raise UsageError(f"the code of the layer is written beside {path.name} as {code.name}, which Python cannot import by that name; call it my_model.keras")
    if code.exists() and not code.read_bytes().startswith(generated_layer.FIRST_LINE.encode()):
        raise UsageError(f"the code of the layer would replace {code}, which is a file of yours; give another name")


def standard_model(network: TrainedNetwork) -> keras.Model | None:
    """Return a Keras model of Keras' own layers with the weights of the network; None where it has other layers.

    Raises `UsageError` where the weights do not fit into the Keras layer that a cell names.
    """
    activation = network.mitigations.keras_activation
    if activation is None or (isinstance(network.model, Cell) and not network.model.keras_class):
        return None
    try:
        model = network.model.as_keras(network.task, network.sizes, network.weights, activation)
    except (TypeError, ValueError, AttributeError) as error:
        if not isinstance(network.model, Cell):
            raise
        reason = str(error).strip().split("\n")[0]
        raise UsageError(f"{named_layer(network)}, into which its weights do not fit ({reason}); remove keras_class") from None
    return model if isinstance(network.model, Cell) or has_keras_layers_alone(model) else None


def has_keras_layers_alone(model: keras.Model) -> bool:
    """Return whether a Keras model loads without any further code."""
    import keras

    def is_of_keras(config: Any) -> bool:
        if isinstance(config, dict):
            module = config.get("module", "keras") if "class_name" in config else "keras"
            of_keras = module is None or str(module).partition(".")[0] == "keras"
            return of_keras and config.get("class_name") not in ("Lambda", "__lambda__") and all(map(is_of_keras, config.values()))
        return all(map(is_of_keras, config)) if isinstance(config, list | tuple) else True

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras warns of a lambda, which is no layer of its own
            return is_of_keras(keras.saving.serialize_keras_object(model))
    except (NotImplementedError, TypeError, ValueError):  # a layer that does not say how it is made
        return False


def generated_model(network: TrainedNetwork, path: Path) -> tuple[keras.Model, str]:
    """Return a Keras model with a layer of its own, and the source of that; raises `UsageError` where it cannot be written."""
    check_place_of_code(path)
    try:
        source = generated_layer.source_of(network, path.stem)
        return generated_layer.keras_model(network, generated_layer.load_module(source, path.stem)), source
    except NotCopyable as error:
        reason = str(error)
    except Exception as error:  # whatever a plug-in's code raises where it is copied to
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    raise UsageError(
        f"{network.model.name} with {network.mitigations.name} cannot be written as code of its own: {reason}; use benchmark.network(run) in Python instead"
    )


def write(network: TrainedNetwork, model: keras.Model, path: Path) -> None:
    """Write a .keras file with the meaning of its inputs and outputs in it."""
    model.save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(ENCODING_FILE, json.dumps(encoding(network.task, network.model), indent=2))


def load(network: TrainedNetwork, path: Path) -> keras.Model:
    """Load the .keras file of a network; raises `UsageError` where it cannot be loaded."""
    import keras

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # whatever a plug-in's code raises
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise UsageError(f"a Keras model of {network.model.name} cannot be loaded again ({reason}); use benchmark.network(run) in Python instead") from None


def named_layer(network: TrainedNetwork) -> str:
    """Return the beginning of a sentence on the Keras layer that a cell names."""
    return f"the model {network.model.name} names {getattr(network.model, 'keras_class', None)} as its Keras layer"


def refusal(network: TrainedNetwork, comparison: Comparison) -> str:
    """Return why a Keras model that differs is not written."""
    size = f"{comparison.difference:.2g} times the largest output"
    if isinstance(network.model, Cell) and network.model.keras_class and network.mitigations.keras_activation is not None:
        return f"{named_layer(network)}, whose outputs differ by {size}; remove keras_class"
    return (
        f"a Keras model of {network.model.name} with {network.mitigations.name} has outputs that differ by {size}; use benchmark.network(run) in Python instead"
    )


def best_models(results: Sequence[Result]) -> tuple[dict[str, bytes], list[str]]:
    """Return the best evaluation trial of each condition that Keras' own layers express, and why others were left out that should be.

    A trial is the content of a .keras file, by its condition's fingerprint.
    """
    by_condition: dict[str, list[Result]] = {}
    for result in results:
        by_condition.setdefault(result.trial.condition.fingerprint, []).append(result)
    models, left_out = dict[str, bytes](), list[str]()
    for fingerprint, of_condition in by_condition.items():
        best = best_trial(of_condition)
        if best is None:
            continue
        try:
            content = as_bytes(network_of(best))
        except Exception as error:  # a file less is no reason to lose what was trained
            reason = str(error) if isinstance(error, UsageError) else f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            left_out.append(f"{best.trial.condition.label} is not stored as a Keras model: {reason}")
        else:
            models |= {fingerprint: content} if content else {}
    return models, left_out


def network_of(result: Result) -> TrainedNetwork:
    """Return the network of a trial that was trained in this process."""
    assert result.trained is not None
    condition = result.trial.condition
    budget, model = condition.budget, MODELS[condition.model]
    return TrainedNetwork(condition.task, model, condition.mitigations, budget.hidden_size, budget.steps, result.trial.seed, result.trained.weights)


def as_bytes(network: TrainedNetwork) -> bytes | None:
    """Return a network as the content of a .keras file; None where Keras has no layer of it. Raises `UsageError` where its outputs are others."""
    model = standard_model(network)
    if model is None:
        return None
    comparison = compare(network, model)
    if not comparison.equal:
        raise UsageError(refusal(network, comparison))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        write(network, model, path)
        return path.read_bytes()
