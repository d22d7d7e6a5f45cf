"""The terms in force at every site of a network, laid out for the judging kernel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rules.doubts import Doubt, rows_of
from rules.kernels.arrays import CERTIFICATE, DOUBT, PERIOD, SITE, TOLERANCE, Terms
from rules.layout import ranges, slots_for, text_words
from wim.sites import Network, Site

#: A class of N % means that 99 % of the errors lie within N %: N / 2.5758 is one standard deviation (decision §5).
PERCENT_TO_SIGMA = 1 / 257.58
#: The class assumed where no certificate says one, and the tolerance where a site has no entry (decision §4, §5).
DEFAULT_CLASS_PERCENT = 5.0
DEFAULT_THOUSANDTHS = 5000


def neutral_terms(thousandths: int = DEFAULT_THOUSANDTHS) -> Terms:
    """Terms without a registry: class 5, one tolerance in thousandths of a percent, no certificate or site check."""
    return _terms((), {}, registered=False, thousandths=thousandths)


def compile_terms(network: Network, thousandths: int | None = None, doubts: Sequence[Doubt] = ()) -> Terms:
    """The terms of `network`; `thousandths` replaces every site's tolerance, for a what-if.

    `doubts` about sites that the network lacks say nothing: such a crossing counts only, whatever its scale is worth.
    """
    corridors = {name: row for row, name in enumerate(network.corridors)}
    return _terms(tuple(network.sites.values()), corridors, registered=True, thousandths=thousandths, doubts=doubts)


def lanes_of(sites: Sequence[Site]) -> list[tuple[Site, int]]:
    """Site and number of each lane, in the order that `VERDICT.lane` counts."""
    return [(site, number) for site in sites for number in site.lanes]


def _terms(
    sites: Sequence[Site],
    corridors: dict[str, int],
    registered: bool,
    thousandths: int | None,
    doubts: Sequence[Doubt] = (),
) -> Terms:
    rows = np.zeros(len(sites), SITE)
    for row, site in zip(rows, sites, strict=True):
        row["word0"], row["word1"] = text_words(site.id)
        row["corridor"] = corridors[site.corridor]
    return Terms(
        slots=slots_for(rows),
        sites=rows,
        lanes=_lane_table(sites),
        certificates=ranges(rows, "certificate", [_certificates(site) for site in sites], CERTIFICATE),
        approvals=ranges(rows, "approval", [_approvals(site) for site in sites], PERIOD),
        tolerances=ranges(rows, "tolerance", [_tolerances(site, thousandths) for site in sites], TOLERANCE),
        doubts=ranges(rows, "doubt", [rows_of(doubts, site.id) for site in sites], DOUBT),
        registered=registered,
        default_sigma=DEFAULT_CLASS_PERCENT * PERCENT_TO_SIGMA,
        default_thousandths=DEFAULT_THOUSANDTHS if thousandths is None else thousandths,
    )


def _lane_table(sites: Sequence[Site]) -> npt.NDArray[np.int32]:
    table = np.full((len(sites), 256), -1, np.int32)
    rows = {site.id: row for row, site in enumerate(sites)}
    for index, (site, number) in enumerate(lanes_of(sites)):
        table[rows[site.id], number] = index
    return table


def _certificates(site: Site) -> list[tuple[int, int, float, float, float]]:
    """The kernel takes the last that fits, so the newest start stands last."""
    ordered = sorted(site.certificates, key=lambda certificate: certificate.from_ns)
    return [(c.from_ns, c.until_ns, c.class_percent * PERCENT_TO_SIGMA, *c.speed_kmh) for c in ordered]


def _approvals(site: Site) -> list[tuple[int, int]]:
    return [(approval.from_ns, approval.until_ns) for approval in site.approvals]


def _tolerances(site: Site, thousandths: int | None) -> list[tuple[int, int]]:
    if thousandths is not None:
        return [(0, thousandths)]
    return sorted((tolerance.from_ns, tolerance.thousandths) for tolerance in site.tolerances)


def certificate_numbers(network: Network) -> list[str]:
    """The number behind each row of `Terms.certificates`."""
    ordered = (
        sorted(site.certificates, key=lambda certificate: certificate.from_ns) for site in network.sites.values()
    )
    return [certificate.number for certificates in ordered for certificate in certificates]
