"""The numbers and zones that the docket goes by: a region's policy and registry, as `dispatch` takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

from dispatch.cases import PLATE_READ_WINDOW_NS, REACH_HORIZON_NS, TRIP_GAP_NS, Opening
from dispatch.intercepts import Ranking
from dispatch.joint import Agreement, Completion, SideState, Trigger
from dispatch.network import Forces
from dispatch.offenders import CERTAIN_CONFIDENCE, DISPATCH_WINDOW_NS
from dispatch.reach import Reach
from dispatch.roads import Place, Roads, roads_of
from dispatch.weighings import LEGAL_AGAIN_NS, REVIEW_SIGMAS
from service.policy import Policy
from wim.periods import DEFAULT_TIMEZONE
from wim.sites import Network

_SECOND_NS = 10**9


@dataclass(frozen=True)
class Terms:
    """Everything that is not in a message; the defaults are those of the design."""

    network: Network = field(default_factory=Network)
    trip_gap_ns: int = TRIP_GAP_NS
    horizon_ns: int = REACH_HORIZON_NS
    certain_from: int = CERTAIN_CONFIDENCE
    simulated_counts: bool = False
    repeat_window_ns: int = DISPATCH_WINDOW_NS
    plate_read_window_ns: int = PLATE_READ_WINDOW_NS
    opening: Opening = field(default_factory=Opening)
    ranking: Ranking = field(default_factory=Ranking)
    forces: Forces = field(default_factory=Forces)
    reach: Reach = field(default_factory=Reach)
    unverified_wait_ns: int = 60 * _SECOND_NS
    answer_ns: int = 60 * _SECOND_NS
    desk_wait_ns: int = 180 * _SECOND_NS
    legal_again_ns: int = LEGAL_AGAIN_NS
    review_sigmas: float = REVIEW_SIGMAS
    agreement: Agreement = field(default_factory=Agreement)

    @cached_property
    def roads(self) -> Roads:
        """The registry's roads, as trucks and patrols drive them."""
        return roads_of(self.network)

    @cached_property
    def site_distances(self) -> Mapping[tuple[str, str], float]:
        """Kilometres by road between every two sites that a road leads between."""
        places = {site.id: Place(site.corridor, site.chainage_km) for site in self.network.sites.values()}
        found: dict[tuple[str, str], float] = {}
        for one, start in places.items():
            ways = self.roads.distances_km(start)
            reached = ((other, ways.to(end)) for other, end in places.items())
            found |= {(one, other): km for other, km in reached if km is not None}
        return found

    @cached_property
    def _zones(self) -> dict[str, ZoneInfo]:
        return {site.id: ZoneInfo(site.timezone) for site in self.network.sites.values()}

    def zone(self, site: str) -> ZoneInfo:
        """The site's clock; that of the country where nobody registered the site."""
        return self._zones.get(site) or ZoneInfo(DEFAULT_TIMEZONE)

    def agency_of(self, squad: str | None) -> str | None:
        """The agency of a registered squad."""
        found = self.forces.squads.get(squad or "")
        return found.agency if found else None


def terms_of(policy: Policy, network: Network, forces: Forces) -> Terms:
    """The docket's part of a region's policy and registry."""
    return Terms(
        network=network,
        trip_gap_ns=policy.trip_gap_ns,
        horizon_ns=policy.reach_horizon_ns,
        certain_from=policy.plate_certain_from,
        simulated_counts=policy.simulated_counts,
        repeat_window_ns=policy.repeat_window_ns,
        plate_read_window_ns=policy.plate_read_window_ns,
        opening=Opening(
            severity_from=policy.severity_intercept_from,
            blind_severity_from=policy.dark_camera_severity_from,
            plate_read_percent=policy.plate_read_percent_from,
            confirmed_from=policy.confirmed_repeat_from,
            suspected_from=policy.suspected_repeat_from,
        ),
        ranking=Ranking(
            severity_weights=tuple(policy.severity_weights),
            hundred_tonne_factor=policy.hundred_tonne_factor,
            repeat_factor=policy.repeat_factor,
        ),
        forces=forces,
        reach=Reach(
            reaction_s=policy.reaction_seconds,
            set_up_s=policy.set_up_seconds,
            arrival_spread=policy.arrival_spread_percent / 100,
            squad_speed_kmh=policy.squad_speed_kmh,
            precision_floor=policy.precision_floor,
            catch_floor=policy.catch_floor,
        ),
        unverified_wait_ns=policy.unverified_wait_seconds * _SECOND_NS,
        answer_ns=policy.acknowledge_seconds * _SECOND_NS,
        desk_wait_ns=policy.duty_desk_seconds * _SECOND_NS,
        legal_again_ns=policy.legal_again_ns,
        review_sigmas=policy.review_sigmas,
        agreement=_agreement(policy),
    )


def _agreement(policy: Policy) -> Agreement:
    minute_ns = 60 * _SECOND_NS
    return Agreement(
        triggers=frozenset(map(Trigger, policy.joint_triggers)),
        completions={
            trigger: Completion.ALL if trigger in policy.joint_by_both else Completion.ANY for trigger in Trigger
        },
        deadlines_ns={
            SideState.PROPOSED: policy.joint_receive_seconds * _SECOND_NS,
            SideState.DELIVERED: policy.joint_accept_seconds * _SECOND_NS,
            SideState.ACCEPTED: policy.joint_arrive_minutes * minute_ns,
            SideState.ON_SCENE: policy.joint_done_minutes * minute_ns,
        },
    )
