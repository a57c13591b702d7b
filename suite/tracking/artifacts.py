"""Files of runs: read, and held against the checksums that were kept with their run when they were written."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlparse

from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.utils.file_utils import local_file_uri_to_path

from unvanish.suite.redaction import redact
from unvanish.suite.tracking.store import Unreachable
from unvanish.tasks.errors import UsageError

CHECKSUMS = "checksums"  # the tag of a run: JSON, the SHA-256 digest of each of its files, in hexadecimal, by the file's name
OF_MODEL = "model/"  # before the names of files of a condition's logged model, which are no artifacts of its run
DAMAGED = ".damaged"  # behind the name of a file that was set aside


class DamagedArtifact(UsageError):
    """A file of a run is missing, or is not what was written.

    name, reason   of the file, and the words that say what is wrong with it
    """

    def __init__(self, run: Run, name: str, reason: str) -> None:
        self.name, self.reason = name, f"{name} {reason}"
        super().__init__(f"{self.reason}, in the run {run.info.run_name} at {redact(run.info.artifact_uri)}; run the same profile again, which mends it")


def digest(content: bytes) -> str:
    """The SHA-256 digest, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def local_folder(address: str) -> Path | None:
    """The folder of an address of artifacts; None where they are not files of this machine."""
    parsed = urlparse(address)
    return Path(local_file_uri_to_path(address)) if parsed.scheme in ("", "file") and not parsed.netloc else None


def load_artifact(uri: str, run: Run, name: str) -> bytes:
    """Return the content of a file of a run, by its own address, which spares the store a search for each.

    Raises `DamagedArtifact` where it is missing or differs from what was written, and `Unreachable` where a server does not give it.
    """
    folder = local_folder(run.info.artifact_uri)
    try:
        content = (folder / name).read_bytes() if folder else download(uri, run, name)
    except FileNotFoundError:
        raise DamagedArtifact(run, name, "is missing") from None
    except OSError as error:
        raise DamagedArtifact(run, name, f"cannot be read ({error.strerror})") from None
    if json.loads(run.data.tags.get(CHECKSUMS, "{}")).get(name, digest(content)) != digest(content):
        raise DamagedArtifact(run, name, "differs from what was written")
    return content


def download(uri: str, run: Run, name: str) -> bytes:
    """Return the content of a file that is not on this machine; raises `FileNotFoundError` where there is none, `Unreachable` where it is not given."""
    repository = get_artifact_repository(run.info.artifact_uri, tracking_uri=uri)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return Path(repository.download_artifacts(name, folder)).read_bytes()
    except (MlflowException, OSError) as error:
        if is_missing(repository, name):
            raise FileNotFoundError(name) from None
        reason = redact(str(error).strip().split("\n")[0], uri)[:200]
        raise Unreachable(f"{name} of the run {run.info.run_id} cannot be read ({reason}); try again when the store at {redact(uri)} gives it") from None


def is_missing(repository: ArtifactRepository, name: str) -> bool:
    """Return whether a store that answers says that it has no such file."""
    try:
        return name not in {artifact.path for artifact in repository.list_artifacts()}
    except (MlflowException, OSError):
        return False


def keep_aside(address: str, name: str) -> None:
    """Give a damaged file of this machine another name, under which it can be looked at; nothing where there is none."""
    folder = local_folder(address)
    if folder and (folder / name).exists():
        (folder / name).rename(folder / (name + DAMAGED))


def damage(address: str, checksums: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with files of this machine, by their names; empty where nothing is, and where they are not on this machine."""
    folder, found = local_folder(address), dict[str, str]()
    for name, checksum in checksums.items() if folder else ():
        assert folder
        try:
            if digest((folder / name).read_bytes()) != checksum:
                found[name] = "differs from what was written"
        except FileNotFoundError:
            found[name] = "is missing"
        except OSError as error:
            found[name] = f"cannot be read ({error.strerror})"
    return found
