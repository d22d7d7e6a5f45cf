"""What is in force at the site of a crossing: certificate, approval as evidence, tolerance."""

import numpy as np

from rules.kernels.arrays import NO_ROW, Terms
from rules.kernels.lookup import find
from rules.kernels.papers import in_period
from wim.kernels.jit import Record, kernel
from wim.kernels.validity import CERTIFICATE, EVIDENCE, SITE_UNKNOWN

#: The range of speeds that a certificate of the non-stop method covers where ours names none (contracts §3, bit 6).
SLOWEST_KMH, FASTEST_KMH = 0.5, 100.0
#: A scale that is less sure than 30 % of a mass has not weighed it; the last digit lets a float32 of 0.3 in.
MOST_SIGMA = 0.3001


@kernel
def find_terms(passage: Record, terms: Terms, verdict: Record) -> int:
    """Write site, lane, corridor, certificate, thousandths and sigma of `verdict`; return the flags that follow."""
    verdict.site = verdict.lane = verdict.corridor = verdict.certificate = NO_ROW
    verdict.thousandths = terms.default_thousandths
    verdict.sigma = terms.default_sigma
    if not terms.registered:
        return 0
    flags = 0
    if terms.sites.shape[0] > 0:
        verdict.site = find(terms.slots, terms.sites, passage.site[0], passage.site[1])
    if verdict.site < 0:
        return SITE_UNKNOWN | CERTIFICATE
    site = terms.sites[verdict.site]
    verdict.corridor = site.corridor
    verdict.lane = terms.lanes[verdict.site, passage.lane]
    if verdict.lane < 0:
        flags |= SITE_UNKNOWN
    verdict.certificate = in_period(terms.certificates, site.certificate_begin, site.certificate_end, passage.time_ns)
    if verdict.certificate < 0:
        flags |= CERTIFICATE
    else:
        verdict.sigma = terms.certificates[verdict.certificate].sigma
    return flags


@kernel
def doubted_to(passage: Record, terms: Terms, verdict: Record) -> int:
    """The best grade that doubts about site and lane leave of that time; EVIDENCE where there is none."""
    best = EVIDENCE
    if verdict.site < 0:
        return best
    site = terms.sites[verdict.site]
    for row in range(site.doubt_begin, site.doubt_end):
        doubt = terms.doubts[row]
        of_lane = doubt.lane < 0 or doubt.lane == np.int64(passage.lane)
        if of_lane and doubt.from_ns <= passage.time_ns < doubt.until_ns:
            best = min(best, np.int64(doubt.grade))
    return best


@kernel
def find_tolerance(passage: Record, terms: Terms, verdict: Record) -> bool:
    """Write `thousandths`: of the newest entry of the site; return whether there is one."""
    if verdict.site < 0:
        return False
    site = terms.sites[verdict.site]
    entered = False
    for row in range(site.tolerance_begin, site.tolerance_end):
        if terms.tolerances[row].from_ns <= passage.time_ns:
            verdict.thousandths = terms.tolerances[row].thousandths
            entered = True
    return entered


@kernel
def is_approved(passage: Record, terms: Terms, verdict: Record) -> bool:
    """Whether the site's records may be proposed as evidence at that time."""
    if verdict.site < 0:
        return False
    site = terms.sites[verdict.site]
    return in_period(terms.approvals, site.approval_begin, site.approval_end, passage.time_ns) >= 0


@kernel
def speed_range(terms: Terms, verdict: Record) -> tuple[float, float]:
    """The slowest and the fastest speed that the certificate in force covers."""
    if verdict.certificate < 0:
        return SLOWEST_KMH, FASTEST_KMH
    certificate = terms.certificates[verdict.certificate]
    return certificate.slowest_kmh, certificate.fastest_kmh


@kernel
def choose_sigma(passage: Record, verdict: Record) -> None:
    """Take the record's own uncertainty where it gives a believable one (decision §5)."""
    sigma = np.float64(passage.gross_sigma)
    if 0.0 < sigma <= MOST_SIGMA:
        verdict.sigma = sigma
