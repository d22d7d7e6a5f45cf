"""Whether what was measured can be a passage at all: an estimator that fails must not do so as a weight."""

from __future__ import annotations

from wim.codec import why_refused
from wim.kernels import soundness as kernel
from wim.kernels.decode import GOOD
from wim.records import PASSAGE_WORDS, Passages

_REASONS = {
    kernel.NO_SIGMA: "gross_sigma is not a number",
    kernel.SUM: "gross_kg is not the sum of the wheels",
}


def why_unsound(passages: Passages, latest_ns: int) -> str | None:
    """Why one of measured passages, PASSAGE, shape (n,), is none; None where all are. No time is after latest_ns."""
    reason = kernel.first_unsound(passages.view(PASSAGE_WORDS), latest_ns)
    return None if reason == GOOD else _REASONS.get(reason) or why_refused(reason)
