"""The JSON messages of contracts.md §5: what is in them, how they are encoded, what stands around them."""

from service.messages.codec import VIOLATION_COLUMNS, MessageError, decode, encode, encode_violations
from service.messages.envelope import Headers, headers, headers_of, plate_key, rfc3339, site_source, traceparent
from service.messages.joint import JointAction, JointSide, LedgerEntry, Refusal, Response
from service.messages.structs import (
    Axle,
    Group,
    Health,
    History,
    Intercept,
    LaneHealth,
    Media,
    Passage,
    Probable,
    Seen,
    Sighting,
    Strip,
    Violation,
)

__all__ = [
    "VIOLATION_COLUMNS",
    "Axle",
    "Group",
    "Headers",
    "Health",
    "History",
    "Intercept",
    "JointAction",
    "JointSide",
    "LaneHealth",
    "LedgerEntry",
    "Media",
    "MessageError",
    "Passage",
    "Probable",
    "Refusal",
    "Response",
    "Seen",
    "Sighting",
    "Strip",
    "Violation",
    "decode",
    "encode",
    "encode_violations",
    "headers",
    "headers_of",
    "plate_key",
    "rfc3339",
    "site_source",
    "traceparent",
]
