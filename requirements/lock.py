"""Makes and checks the lock files: `make lock` writes them with uv, `make check` compares without a network.

==========  =====================================================================
file        what it pins
==========  =====================================================================
run.txt     what the installed distribution needs
dev.txt     the same versions, all extras, and what tests and checks need
build.txt   what builds the distribution, installed before it (no build isolation)
==========  =====================================================================

Each lock opens with the SHA-256 of the parts of pyproject.toml that it was made from. Every package carries hashes,
and none an index address: who installs decides where packages come from.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
LOCKS = ("run", "dev", "build")

_STAMP = "# pyproject.toml sha256: "
_ADDRESS = re.compile(r"^\s*(-i|-f|--(extra-)?index-url|--find-links|--trusted-host)\b|https?://", re.MULTILINE)
_PACKAGE = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<rest>(?:.*\\\n)*.*)$", re.MULTILINE)


def fingerprint(pyproject: dict[str, Any]) -> str:
    """SHA-256 of everything in pyproject.toml that decides what a lock holds."""
    project = pyproject["project"]
    inputs = [
        pyproject["build-system"]["requires"],
        project["requires-python"],
        project["dependencies"],
        project.get("optional-dependencies", {}),
        pyproject["dependency-groups"],
    ]
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def faults(name: str, lock: str, pyproject: dict[str, Any]) -> Iterator[str]:
    """What is wrong with one lock's text, each with its remedy."""
    if f"{_STAMP}{fingerprint(pyproject)}\n" not in lock:
        yield f"{name}: made from other dependencies than pyproject.toml now names; run `make lock`"
    if address := _ADDRESS.search(lock):
        yield f"{name}: names where packages come from ({address[0].strip()}); run `make lock`"
    packages = list(_PACKAGE.finditer(lock))
    if not packages:
        yield f"{name}: pins nothing; run `make lock`"
    for package in packages:
        if "--hash=sha256:" not in package["rest"]:
            yield f"{name}: {package['name']} has no hash; run `make lock`"


def check(folder: Path, pyproject: dict[str, Any]) -> list[str]:
    """What is wrong with the locks in `folder`; empty where all is well."""
    found: list[str] = []
    for lock in LOCKS:
        path = folder / f"{lock}.txt"
        if path.is_file():
            found += faults(path.name, path.read_text(), pyproject)
        else:
            found.append(f"{path.name}: not there; run `make lock`")
    return found


def make(folder: Path, pyproject: dict[str, Any], upgrade: bool) -> None:
    """Writes all locks; keeps the pinned versions that still fit unless `upgrade`."""
    run, dev, build = (folder / f"{lock}.txt" for lock in LOCKS)
    _compile(run, ["pyproject.toml"], "", upgrade)
    groups = [word for group in pyproject["dependency-groups"] for word in ("--group", group)]
    # Each lock is bound by the one before: all three may be installed into one environment, in any order.
    _compile(dev, ["pyproject.toml", "--all-extras", *groups, f"--constraint={run.relative_to(PROJECT)}"], "", upgrade)
    requires = "\n".join(pyproject["build-system"]["requires"])
    _compile(build, ["-", f"--constraint={dev.relative_to(PROJECT)}"], requires, upgrade)
    stamp = f"# Made by `make lock`; do not edit.\n{_STAMP}{fingerprint(pyproject)}\n"
    for path in (run, dev, build):
        path.write_text(stamp + path.read_text())


def _compile(target: Path, sources: list[str], stdin: str, upgrade: bool) -> None:
    """One `uv pip compile`, for every platform and every Python from 3.11 on."""
    options = ["--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url", "--no-header"]
    options += ["--quiet", f"--output-file={target}"] + (["--upgrade"] if upgrade else [])
    subprocess.run(["uv", "pip", "compile", *sources, *options], input=stdin, text=True, cwd=PROJECT, check=True)


def main(words: list[str]) -> int:
    """`lock.py check`, `lock.py make` or `lock.py upgrade`."""
    pyproject = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    folder = PROJECT / "requirements"
    match words:
        case ["check"]:
            found = check(folder, pyproject)
            sys.stderr.write("".join(f"requirements/{fault}\n" for fault in found))
            return 1 if found else 0
        case ["make" | "upgrade" as verb]:
            try:
                make(folder, pyproject, upgrade=verb == "upgrade")
            except FileNotFoundError:
                sys.stderr.write("make lock needs uv on the PATH (pipx install uv)\n")
                return 1
            except subprocess.CalledProcessError as error:
                return int(error.returncode)
            return 0
    sys.stderr.write("usage: lock.py check|make|upgrade\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
