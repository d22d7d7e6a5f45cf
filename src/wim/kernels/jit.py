"""The one way in which this project compiles a loop.

`nogil` lets the event loop fetch while a kernel works, `cache` saves the compilation for the next start, and
`fastmath` stays off: a verdict must be the same on every machine, so sums keep their order and NaN its meaning.

A kernel works on arrays that it is given and makes none, so it needs no reference counts (numba then refuses to compile
one that allocates). With them every look into a table of the law would lock the bus twice, and unless a kernel becomes
part of its caller all tables are handed on field by field at each call: judging takes 0.10 µs instead of 0.45.

Numba renews a saved kernel when the kernel's own file changes, but not when a kernel that it calls does, and an upgrade
would go on judging by yesterday's law. So what is saved lies in a folder named after the content of all kernels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from numba import njit
from numba.core import config as _config

config: Any = _config

P = ParamSpec("P")
R = TypeVar("R")

#: One element of a structured array inside a kernel: its fields are attributes there.
Record = Any

_HERE = Path(__file__).parent
#: `NUMBA_CACHE_DIR`, or the user's own folder for such things.
_SAVED = Path(config.CACHE_DIR or Path.home() / ".cache" / "wim-overload" / "kernels")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` at its first call, or load it where exactly these sources were compiled before."""
    config.CACHE_DIR = str(_SAVED / sources(Path(function.__code__.co_filename).parent))
    # `_nrt` is numba's own switch and not among its typed ones; a test says what it is for.
    compiler = njit(nogil=True, cache=True, fastmath=False, forceinline=True, _nrt=False)  # type: ignore[call-overload]
    return cast(Callable[P, R], compiler(function))


@cache
def sources(folder: Path) -> str:
    """A name for the content of every kernel in `folder` and in this one, which every other folder may call."""
    digest = hashlib.blake2b(digest_size=8)
    for file in sorted({*folder.glob("*.py"), *_HERE.glob("*.py")}):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
