"""The groups of routes in the OpenAPI document."""

from __future__ import annotations

import enum


class Tag(enum.StrEnum):
    """One group."""

    RATES = "rates"
    REGISTRY = "registry"
    SITES = "sites"
    VIOLATIONS = "violations"
    INTERCEPTS = "intercepts"
    JOINT = "joint"
    SQUADS = "squads"
    OFFENDERS = "offenders"
    PLATES = "plates"
    PASSAGES = "passages"
    NOTICES = "notices"
    LIVE = "live"
    SESSIONS = "sessions"
    PROCESS = "process"


DESCRIPTIONS: dict[Tag, str] = {
    Tag.RATES: "How many trucks were overloaded, how sure that is, and what it leaves out.",
    Tag.REGISTRY: "Corridors and sites.",
    Tag.SITES: "What is known of sensors, and who doubts them.",
    Tag.VIOLATIONS: "Crossings that were over a limit.",
    Tag.INTERCEPTS: "Trucks to be stopped, and what becomes of them.",
    Tag.JOINT: "What road and police owe each other about a truck, and the ledger of what both did.",
    Tag.SQUADS: "Who is on duty, and where.",
    Tag.OFFENDERS: "What a plate did before; every look is written down.",
    Tag.PLATES: "Permits, registrations, exemptions and the watch list, changed without a restart.",
    Tag.PASSAGES: "Crossings from roadside units that speak HTTP.",
    Tag.NOTICES: "Who was told of what, and the browsers that asked to be told.",
    Tag.LIVE: "What happens now, as server-sent events.",
    Tag.SESSIONS: "Signing in with a browser, and wall screens.",
    Tag.PROCESS: "Probes, metrics and this document; open to everybody.",
}
