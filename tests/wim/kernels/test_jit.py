"""Saved kernels: never older than any source that they were made of."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from numba.core.errors import NumbaError

from wim.kernels.jit import kernel

IMPORTS = "from wim.kernels.jit import kernel\n"
CALLED = IMPORTS + "@kernel\ndef inner(x: int) -> int:\n    return x + {}\n"
CALLER = IMPORTS + "from called import inner\n@kernel\ndef outer(x: int) -> int:\n    return inner(x)\n"


def run(folder: Path, cache: Path) -> str:
    """What `outer(1)` gives in a process of its own."""
    code = textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(folder)!r})
        from caller import outer
        print(outer(1))
    """)
    environment = {"NUMBA_CACHE_DIR": str(cache), "PATH": "/usr/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return made.stdout.strip()


def test_a_kernel_is_compiled_anew_when_one_that_it_calls_has_changed(tmp_path: Path) -> None:
    """Numba alone would load the old one: the caller's own file is the same."""
    folder, cache = tmp_path / "kernels", tmp_path / "saved"
    folder.mkdir()
    (folder / "caller.py").write_text(CALLER)
    (folder / "called.py").write_text(CALLED.format(1))
    assert run(folder, cache) == "2"
    (folder / "called.py").write_text(CALLED.format(2))
    assert run(folder, cache) == "3"


def test_unchanged_kernels_are_loaded_and_not_compiled_again(tmp_path: Path) -> None:
    """A second start leaves the saved files as they are."""
    folder, cache = tmp_path / "kernels", tmp_path / "saved"
    folder.mkdir()
    (folder / "caller.py").write_text(CALLER)
    (folder / "called.py").write_text(CALLED.format(1))
    run(folder, cache)
    before = {file: file.stat().st_mtime_ns for file in cache.rglob("*.nb?")}
    run(folder, cache)
    assert before
    assert {file: file.stat().st_mtime_ns for file in cache.rglob("*.nb?")} == before


def test_a_kernel_that_makes_an_array_is_refused() -> None:
    """Kernels run without reference counts, so what they made would never be freed: numba says so when it compiles."""

    @kernel
    def makes_one(length: int) -> int:
        return len(np.empty(length))

    with pytest.raises(NumbaError, match="array passed into the function"):
        makes_one(3)
