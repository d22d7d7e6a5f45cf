"""How many vehicles start on which route, by the hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sensors.simulator.hours import HEAVY, LIGHT, overload_factor
from sensors.simulator.roads import Roads
from sensors.simulator.scenario import Scenario, ScenarioError
from wim.records import DAY_NS

Floats = npt.NDArray[np.float64]

_DAY_S = 86_400


@dataclass(frozen=True)
class Demand:
    """Daily traffic by route, shape (routes,): light vehicles, heavy ones (trucks and coaches), and its sites.

    `overload_share` is that of an ordinary goods vehicle on the average of a day.
    """

    light_per_day: Floats
    heavy_per_day: Floats
    overload_share: Floats
    stops: Floats
    rate_per_s: float | None

    def expected(self, hours: npt.NDArray[np.intp], duration_ns: int) -> Floats:
        """Starts to expect in `duration_ns`, shape (2, routes), light then heavy; `hours` is each route's hour."""
        per_day = np.array([self.light_per_day * LIGHT[hours], self.heavy_per_day * HEAVY[hours]])
        scale = 1.0 if self.rate_per_s is None else self.rate_per_s / self._passages_per_s(per_day)
        return np.asarray(per_day * (scale * duration_ns / DAY_NS))

    def passages_per_s(self) -> float:
        """Passages a second over all sites on the average of a day, or at the rate that was asked for."""
        if self.rate_per_s is not None:
            return self.rate_per_s
        return self._passages_per_s(np.array([self.light_per_day, self.heavy_per_day]))

    def overload_probability(self, hours: npt.NDArray[np.intp]) -> Floats:
        """How likely an ordinary goods vehicle of each route is overloaded at that local hour, shape (routes,)."""
        factor = np.array([overload_factor(hour) for hour in range(24)])
        return np.asarray(np.minimum(1.0, self.overload_share * factor[hours]))

    def _passages_per_s(self, per_day: Floats) -> float:
        return float((per_day * self.stops).sum() / _DAY_S)


def demand(scenario: Scenario, roads: Roads) -> Demand:
    """The demand on the routes of `roads`, as the scenario describes each corridor.

    Raises:
        ScenarioError: a rate is asked for and there is no traffic that it could be made of.
    """
    traffic = [scenario.of(route.corridor) for route in roads.routes]
    per_day = np.array([row.vehicles_per_day * route.share for row, route in zip(traffic, roads.routes, strict=True)])
    heavy_share = np.array([row.heavy_share for row in traffic])
    if scenario.rate_per_s and not per_day.any():
        raise ScenarioError("rate_per_s", "asks for traffic where no corridor has any", "give vehicles_per_day")
    return Demand(
        light_per_day=per_day * (1 - heavy_share),
        heavy_per_day=per_day * heavy_share,
        overload_share=np.array([scenario.ordinary_overload_share(route.corridor) for route in roads.routes]),
        stops=np.array([len(route.stops) for route in roads.routes], np.float64),
        rate_per_s=scenario.rate_per_s,
    )
