"""The one way in which this project compiles a loop.

`nogil` lets the event loop fetch while a kernel works, `cache` saves the compilation for the next start, and
`fastmath` stays off: a verdict must be the same on every machine, so sums keep their order and NaN its meaning.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")

#: One element of a structured array inside a kernel: its fields are attributes there.
Record = Any


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` at its first call."""
    return cast(Callable[P, R], njit(nogil=True, cache=True, fastmath=False)(function))
