"""The memory of this machine, or of the container that this process runs in."""

import os
from contextlib import suppress
from pathlib import Path

CONTAINER_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))  # of the two versions of control groups


def memory_bytes() -> int:
    """Return the bytes of memory that this process could have if it were alone."""
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for path in CONTAINER_LIMITS:
        with suppress(OSError, ValueError):  # it is not there, or says that there is no limit
            found.append(int(path.read_text()))
    return min(found)


def gib(size: float) -> str:
    """Return a number of bytes in GiB."""
    return f"{size / (1 << 30):,.1f} GiB"
