"""`make audit`: known vulnerabilities of what the lock file names, and its bill of materials in CycloneDX's format.

Where the database of vulnerabilities cannot be reached, a sentence says so, and the bill of materials is written all the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

TOOLS = Path(sys.executable).parent
PIP_AUDIT = ("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--desc", "off", "--format", "json", "--requirement")
CYCLONEDX = ("requirements", "--pyproject", "pyproject.toml", "--mc-type", "library", "--output-reproducible", "--output-file")
MAX_NAMED = 5  # packages in a sentence


class NoAnswer(Exception):
    """The database did not answer, or something else than a list of packages."""


@dataclass(frozen=True)
class Audit:
    """What the database says.

    n_packages   that the lock names
    findings     a line for each known vulnerability: package, version, id, and the versions without it
    unknown      packages that the database could not be asked for
    """

    n_packages: int
    findings: list[str]
    unknown: list[str]


def read(answer: str) -> Audit:
    """Return what pip-audit answered as JSON; raises `NoAnswer` for anything else."""
    try:
        packages: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, TypeError, KeyError) as error:
        raise NoAnswer from error
    findings = [
        f"{package['name']} {package['version']}: {found['id']}, corrected in {', '.join(found['fix_versions']) or 'no version yet'}"
        for package in packages
        for found in package.get("vulns", [])
    ]
    return Audit(len(packages), findings, [package["name"] for package in packages if "skip_reason" in package])


def sentence(audit: Audit) -> str:
    """Return what was found as a sentence, and a line for each finding."""
    n_known = audit.n_packages - len(audit.unknown)
    if not n_known:
        return f"the database of vulnerabilities could not be asked for any of {audit.n_packages} packages; run make audit where pypi.org can be reached"
    left_out = f"; it could not be asked for {named(audit.unknown)}" if audit.unknown else ""
    return "\n".join([f"{len(audit.findings)} known vulnerabilities in {n_known} packages{left_out}", *audit.findings])


def named(packages: Sequence[str]) -> str:
    """Return the first names, and how many others there are."""
    others = len(packages) - MAX_NAMED
    return ", ".join(packages[:MAX_NAMED]) + (f" and {others} others" if others > 0 else "")


def ask(lock: Path) -> Audit | None:
    """Ask the database about a lock file; None where it cannot be reached, after a sentence on standard error."""
    done = subprocess.run([TOOLS / "pip-audit", *PIP_AUDIT, lock], capture_output=True, text=True, check=False)
    try:
        return read(done.stdout)
    except NoAnswer:
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        print(f"the database of vulnerabilities cannot be reached ({reason}); run make audit where pypi.org can be reached", file=sys.stderr)
        return None


def main(lock: Annotated[Path, typer.Argument(help="The lock file.")], bom: Annotated[Path, typer.Argument(help="The bill of materials to write.")]) -> None:
    """Print the known vulnerabilities of a lock file and write its bill of materials; exit status 1 where there is a vulnerability."""
    subprocess.run([sys.executable, "-W", "ignore", TOOLS / "cyclonedx-py", *CYCLONEDX, bom, lock], check=True)
    print(f"the bill of materials is {bom}", flush=True)
    audit = ask(lock)
    if audit is None:
        return
    print(sentence(audit))
    if audit.findings:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
