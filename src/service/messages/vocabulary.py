"""The closed lists of the JSON messages, each with `other`.

A list grows: next year's zone or reason reaches a reader of this year as `other`, never as an error (contracts.md §5).
"""

from __future__ import annotations

import enum


class _Word(enum.StrEnum):
    """A member of a list that may grow."""

    @classmethod
    def _missing_(cls, value: object) -> _Word:
        return cls("other")


class Zone(_Word):
    """What is to be done about a passage (decision.md §6)."""

    INTERCEPT = "intercept"
    WATCH = "watch"
    SILENT = "silent"
    OTHER = "other"


class Grade(_Word):
    """What a passage may be used for (contracts.md §3)."""

    EVIDENCE = "evidence"
    INTERCEPT = "intercept"
    COUNT = "count"
    REJECT = "reject"
    OTHER = "other"


class Dimension(_Word):
    """Which measure of the vehicle is over MOT Order 62 Art. 3."""

    LENGTH = "length"
    WIDTH = "width"
    HEIGHT = "height"
    OTHER = "other"


class MediaKind(_Word):
    """What a picture or recording shows."""

    PLATE = "plate"
    FRONT = "front"
    REAR = "rear"
    SIDE = "side"
    PANORAMA = "panorama"
    CLIP = "clip"
    FRAME = "frame"
    OTHER = "other"


class SightingReason(_Word):
    """Why a passage without violation is told."""

    OPEN_CASE = "open_case"
    WATCH_LIST = "watch_list"
    OTHER = "other"


class InterceptState(_Word):
    """Where an intercept stands (`dispatch.life.State`)."""

    UNVERIFIED = "unverified"
    OPEN = "open"
    OFFERED = "offered"
    CLAIMED = "claimed"
    EN_ROUTE = "en_route"
    STOPPED = "stopped"
    WEIGHED = "weighed"
    CONFIRMED = "confirmed"
    UNLOADED = "unloaded"
    LEGAL = "legal"
    LOST = "lost"
    HANDED_OVER = "handed_over"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    MERGED = "merged"
    #: In messages from before 0.2; `ended` says how.
    CLOSED = "closed"
    OTHER = "other"


class InterceptReason(_Word):
    """Why an intercept was opened (`dispatch.cases.Reason`)."""

    HUNDRED_TONNE = "hundred_tonne"
    REPEAT_CONFIRMED = "repeat_confirmed"
    REPEAT_SUSPECTED = "repeat_suspected"
    SEVERITY = "severity"
    NO_PLATE = "no_plate"
    CLONED_PLATE = "cloned_plate"
    WATCH_LIST = "watch_list"
    OTHER = "other"


class InterceptEnded(_Word):
    """Why an intercept expired (`dispatch.intercepts.Ended`); before 0.2 also how it was closed."""

    LATE = "late"
    OUT_OF_REACH = "out_of_reach"
    CONFIRMED = "confirmed"
    LEGAL = "legal"
    LOST = "lost"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"
    OTHER = "other"


class Action(_Word):
    """What a person may do to an intercept next (`dispatch.life.LIFE`)."""

    VERIFY = "verify"
    DISMISS = "dismiss"
    CLAIM = "claim"
    PASS = "pass"
    DEPART = "depart"
    STOP = "stop"
    WEIGH = "weigh"
    CONFIRM = "confirm"
    LEGAL = "legal"
    UNLOAD = "unload"
    LOSE = "lose"
    HAND_OVER = "hand_over"
    CANCEL = "cancel"
    #: In messages from before 0.2.
    CLOSE = "close"
    OTHER = "other"


class Condition(_Word):
    """The state of a strip or camera."""

    OK = "ok"
    DEGRADED = "degraded"
    DEAD = "dead"
    OTHER = "other"


class Clock(_Word):
    """Whether a unit's time is traceable."""

    LOCKED = "locked"
    FREE = "free"
    OTHER = "other"


class Side(_Word):
    """Which part of the lane a strip covers."""

    FULL = "full"
    LEFT = "left"
    RIGHT = "right"
    OTHER = "other"


class SideState(_Word):
    """Where one side of a joint action stands (`dispatch.joint.SideState`)."""

    PROPOSED = "proposed"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ON_SCENE = "on_scene"
    DONE = "done"
    OTHER = "other"


class JointStatus(_Word):
    """Where a joint action as a whole stands (`dispatch.joint.Status`)."""

    OPEN = "open"
    DONE = "done"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    OTHER = "other"


class JointTrigger(_Word):
    """Why a truck is a matter of both agencies (`dispatch.joint.Trigger`)."""

    HUNDRED_TONNE = "hundred_tonne"
    LEGAL_REPEAT = "legal_repeat"
    CLONED_PLATE = "cloned_plate"
    COVERED_PLATE = "covered_plate"
    DROVE_OFF = "drove_off"
    REFUSED = "refused"
    OTHER = "other"


class Completion(_Word):
    """Whose work ends a joint action (`dispatch.joint.Completion`)."""

    ANY = "any"
    ALL = "all"
    OTHER = "other"
