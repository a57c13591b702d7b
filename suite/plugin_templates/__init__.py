"""The smallest plug-in of each kind, one file each, called `mine`: what `unvanish new` writes, and what docs/plug-ins.md shows first."""

from __future__ import annotations

from pathlib import Path

from unvanish.tasks.errors import UsageError, unknown_name

FOLDER = Path(__file__).parent


def kinds() -> list[str]:
    """Return the kinds of plug-ins that there is a template of."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")


def source(kind: str, name: str = "mine") -> str:
    """Return the source of the smallest plug-in of a kind, with this name; raise `UsageError` for an unknown kind."""
    if kind not in kinds():
        raise unknown_name("kind of plug-in", kind, kinds())
    class_name = "".join(part.capitalize() for part in name.split("_"))
    text = (FOLDER / f"{kind}.py").read_text(encoding="utf-8")
    return text.replace("Mine", class_name).replace('"mine"', f'"{name}"').replace('"mine_', f'"{name}_')


def write(kind: str, path: Path) -> None:
    """Write the smallest plug-in of a kind to a new file, whose stem is its name; raise `UsageError` where that cannot be."""
    if path.suffix != ".py" or not path.stem.isidentifier():
        raise UsageError(f"the plug-in's file is {path}; its name must be letters, digits and _ with .py at the end, as in my_cell.py")
    text = source(kind, path.stem)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists already, and nothing was written; give the name of a new file") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}); give another place") from None
