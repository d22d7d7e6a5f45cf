"""How long what is kept: the table `[keep_days]` of a region's policy."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

#: strict: "4500" and true are typing errors in a file, not numbers.
STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)


class KeepDays(BaseModel):
    """How long what is kept, in days."""

    model_config = STRICT

    plates: int = Field(
        30, ge=1, le=3_650, description="plates of passages without violation, then pseudonyms (dispatch.md §6)"
    )
    violations: int = Field(
        730, ge=365, le=36_500, description="violations; the repeat window needs a year of them (dispatch.md §6)"
    )
    frames: int = Field(7, ge=0, le=3_650, description="strip signals of passages without violation (dispatch.md §6)")
    watch: int = Field(
        30,
        ge=2,
        le=365,
        description="12 bytes of each truck, by which a downgrade takes figures back; as long as late passages are "
        "taken, see seal_after_days (measurement.md §4)",
    )
    audit: int = Field(1_095, ge=180, le=36_500, description="who looked at which plate, and why (dispatch.md §6)")
