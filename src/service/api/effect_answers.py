"""The forms of answers about effectiveness; see `answers`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from service.api.dispatch_answers import Time
from service.messages.structs import Natural

Fraction = Annotated[float, Meta(ge=0, le=1)] | None


class PartOf(Struct, frozen=True, kw_only=True):
    """The same share of a part of the whole."""

    by: Annotated[str, Meta(description="site, zone, section or why.")]
    value: str
    numerator: Natural
    denominator: Natural
    share: Annotated[Fraction, Meta(description="null: of nothing.")]
    low: Fraction
    high: Fraction


class BinOf(Struct, frozen=True, kw_only=True):
    """A range of p_over: what the strips said on the average, and what scales found."""

    from_p: float
    to_p: float
    mean_p: Annotated[Fraction, Meta(description="null: no truck.")]
    confirmed: Natural
    weighed: Natural
    share: Fraction
    low: Fraction
    high: Fraction


class LeftOutOf(Struct, frozen=True, kw_only=True):
    """What is not counted."""

    simulated: Natural
    excluded: Annotated[Natural, Meta(description="By a person, with a reason.")]


class FigureOf(Struct, frozen=True, kw_only=True):
    """One figure; `items` lists what it counts."""

    figure: str
    numerator: Natural
    denominator: Natural
    value: Annotated[Fraction, Meta(description="null where there is nothing to count, never 0.")]
    low: Annotated[Fraction, Meta(description="95 % interval (Wilson); null for hours, which are no sample.")]
    high: Fraction
    target: float
    missing: Annotated[Natural, Meta(description="How many more of the same denominator would reach the target.")]
    left_out: LeftOutOf
    parts: list[PartOf]
    calibration: Annotated[list[BinOf], Meta(description="Of precision only.")] = []
    items: Annotated[str, Meta(description="Where its trips, hours or intercepts are listed.")]


class EffectivenessOf(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The figures of a period within the reader's rights; `to` is exclusive."""

    corridor: Annotated[str | None, Meta(description="null: every corridor within your rights.")]
    from_: Time
    to: Time
    figures: list[FigureOf]


class FigureItem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of what a figure counts: a trip, an hour of a key section, or an intercept that was weighed."""

    id: Annotated[str, Meta(description="Of the case, the hour (CORRIDOR/FROM-TO/TIME) or the intercept.")]
    counted: Annotated[bool, Meta(description="In the numerator.")]
    time: Time
    corridor: str
    site: str | None = None
    section: str | None = None
    intercept: str | None = None
    reasons: list[str] | None = None
    why: Annotated[str | None, Meta(description="How it ended where nobody stopped the truck.")] = None
    p_over: float | None = None


STRUCTS = (EffectivenessOf, FigureOf, FigureItem)
