"""How a worker ends at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from service import ending

END_WITHIN = """
from service import ending
with ending.temporary_folder("wim-test-") as folder:
    print(folder, flush=True)
    open(f"{folder}/kept", "w").close()
    ending.end_process(1, "no way on")
"""


def test_a_process_that_ends_at_once_leaves_no_folder(tmp_path: Path) -> None:
    """Nothing but SIGKILL keeps a worker's temporary folder."""
    done = subprocess.run(
        [sys.executable, "-c", END_WITHIN], env={"TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(str(tmp_path / "wim-test-"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_goes_with_its_block() -> None:
    """An error ends the block as well."""
    folders: list[Path] = []

    def fail() -> None:
        with ending.temporary_folder("wim-test-") as folder:
            folders.append(Path(folder))
            assert folders[0].is_dir()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not folders[0].exists()
