"""A folder in which XLA keeps compiled programs, so that a later process loads a program instead of compiling it again.

It is below the user's cache folder; the environment variable UNVANISH_COMPILE_CACHE names another folder, or is `off`. It holds machine
code, which is executed as it is: so it is used only where nobody else can write to it, and each build of TensorFlow, processor and set of
compiler settings has a folder of its own.

TensorFlow writes an entry to a temporary file and renames it, so several processes may write the same one. It ends a training with an error,
though, where it finds an entry damaged or cannot write one. So the digest of each entry is stored when the process ends that may have written
it, and an entry without its digest is deleted before the folder is used again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import distribution
from pathlib import Path

from unvanish.suite.experiment.versions import xla_flags

VARIABLE = "UNVANISH_COMPILE_CACHE"
FLAG = "--tf_xla_persistent_cache_directory"
MAX_BYTES = 1 << 30  # of the entries that are kept when a process begins to use the folder
FREE_BYTES = 64 << 20  # that must be there for what is compiled
PROCESSOR = {
    "vendor_id",
    "cpu family",
    "model",
    "model name",
    "stepping",
    "flags",
    "CPU implementer",
    "CPU architecture",
    "CPU variant",
    "CPU part",
    "Features",
}


@contextmanager
def compile_cache() -> Iterator[Path | None]:
    """Yield the folder of this process's programs, whose entries are complete; None where there is to be none, or none is safe.

    The first process that uses it deletes what is damaged or too much. Those that join wait for that; no entry is deleted while one uses it.
    """
    folder = cache_folder()
    lock = lock_folder(folder) if folder else None
    if folder is None or lock is None:
        yield None
        return
    try:
        yield folder
    finally:
        with suppress(OSError):
            store_digests(folder)
        os.close(lock)


def cache_folder() -> Path | None:
    """Return the folder of the programs of this TensorFlow, processor and compiler settings; None where the user wants none, or has one of TensorFlow's own."""
    chosen = os.environ.get(VARIABLE, "")
    if chosen == "off" or FLAG in os.environ.get("TF_XLA_FLAGS", ""):
        return None
    with suppress(RuntimeError):  # a user without a home
        user_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        root = Path(chosen) / "unvanish-xla" if chosen else user_cache / "unvanish" / "xla"  # files of the user may lie in the chosen folder
        return root.absolute() / program_key()
    return None


def program_key() -> str:
    """Return the digest of all that decides the machine code of a program, besides the program."""
    tensorflow = distribution("tensorflow")
    build = (tensorflow.version, tensorflow.read_text("RECORD"))  # which has the digests of its files
    return hashlib.sha256(repr((*build, processor(), xla_flags(), os.environ.get("TF_XLA_FLAGS", ""))).encode()).hexdigest()[:16]


def processor() -> tuple[str, ...]:
    """Return model and instruction sets of the processor."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return tuple(sorted({line for line in lines if line.split(":")[0].strip() in PROCESSOR}))
    return platform.machine(), platform.processor(), platform.node()


def lock_folder(folder: Path) -> int | None:
    """Return the descriptor of a shared lock on the cache, of which `folder` is one folder, after it was checked and cleaned; None where it cannot be used."""
    root, lock = folder.parent, None
    try:
        for created in (root.parent, root, folder):
            created.mkdir(mode=0o700, parents=True, exist_ok=True)
        for private in (root, folder):
            require_private(private)
        lock = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        if is_first(lock):
            delete_damaged(folder)
            delete_oldest(root)
        fcntl.flock(lock, fcntl.LOCK_SH)
        require_space(folder)
    except OSError:
        if lock is not None:
            os.close(lock)
        return None
    return lock


def require_private(folder: Path) -> None:
    """Raise `PermissionError` unless the folder is no link and the user's, and only the user or root can change it or any folder on the way to it."""
    own = folder.lstat()
    if not stat.S_ISDIR(own.st_mode) or own.st_uid != os.getuid() or own.st_mode & 0o022:
        raise PermissionError(folder)
    for parent in {*folder.parents, *folder.resolve().parents}:
        status = parent.lstat()
        shared = status.st_mode & 0o022 and not status.st_mode & stat.S_ISVTX and not stat.S_ISLNK(status.st_mode)
        if shared or status.st_uid not in (0, os.getuid()):
            raise PermissionError(parent)


def require_space(folder: Path) -> None:
    """Raise `OSError` where `FREE_BYTES` cannot be written; they are asked for, since free space says nothing of a user's quota."""
    with tempfile.TemporaryFile(dir=folder) as file:
        os.posix_fallocate(file.fileno(), 0, FREE_BYTES)


def is_first(lock: int) -> bool:
    """Lock the cache for this process alone; return whether no other one uses it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def store_digests(folder: Path) -> None:
    """Store the digest of each entry that has none: as the name of an empty file beside it, since a file is created at once or not at all.

    An entry that another process has replaced meanwhile is a new file, and its bytes may be others.
    """
    known = {path.stem for path in folder.iterdir()}
    for entry in folder.glob("*.pb"):
        if file_name(entry) not in known:
            digest_file(entry).touch()


def delete_damaged(folder: Path) -> None:
    """Delete all entries without their digest, and what else was left behind."""
    intact = {entry.name for entry in folder.glob("*.pb") if digest_file(entry).exists()}
    kept = intact | {file_name(folder / name) for name in intact}
    for path in folder.iterdir():
        if path.name not in kept and path.stem not in kept:
            path.unlink()


def file_name(entry: Path) -> str:
    """Return the name of an entry with the number of its file, which is another one where the entry was written again."""
    return f"{entry.name}.{entry.stat().st_ino}"


def digest_file(entry: Path) -> Path:
    """Return the file whose name has the digest of an entry's present content. The entry does not count as used by that."""
    status = entry.stat()
    digest = hashlib.sha256(entry.read_bytes()).hexdigest()
    os.utime(entry, ns=(status.st_atime_ns, status.st_mtime_ns))
    return entry.with_name(f"{file_name(entry)}.{digest}")


def delete_oldest(root: Path) -> None:
    """Delete the least recently used entries of all folders, until the others have at most `MAX_BYTES`; by the day, as file systems keep the time of use."""
    entries = [(max(status.st_atime, status.st_mtime), status.st_size, entry) for entry in root.glob("*/*.pb") for status in [entry.stat()]]
    total = 0
    for _, size, entry in sorted(entries, reverse=True):
        total += size
        if total > MAX_BYTES:
            for path in entry.parent.glob(f"{entry.name}*"):
                path.unlink()
