"""The parameters of a question about rates, as a request has them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from service.api.fields import Moment, Words
from service.rating.questions import RateQuestion


class RateQuery(BaseModel):
    """The parameters of a question."""

    from_: Moment | None = Field(
        None, alias="from", description="A date in the corridor's zone, or RFC 3339 on a whole hour. Usually today."
    )
    to: Moment | None = Field(None, description="The end, exclusive. Usually the end of this hour.")
    bucket: Literal["hour", "day", "month"] | None = Field(None, description="One row each; else one for the period.")
    direction: Literal["up", "down", "both"] | None = Field(None, description="both merges; else one row each.")
    by: Literal["axles", "band", "lane", "site", "area"] | None = Field(None, description="One row for each value.")
    compare: Literal["previous", "year"] | None = Field(
        None, description="Set each row against the period before, or the same dates a year earlier."
    )
    rule_set: Words | None = Field(None, description="Only what was judged under this rule set.")

    def question(self) -> RateQuestion:
        """What is asked with them."""
        return RateQuestion(**dict(self))
