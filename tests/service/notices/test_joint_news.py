"""What of a joint action both desks hear: who is late, who said no; and when that is news no more."""

from __future__ import annotations

from typing import Any

import pytest

from service.messages import rfc3339
from service.notices.joint_news import news_of_joint, read_joint
from service.notices.queue import present, still
from service.store import notices
from service.store.engine import Store
from tests.service.notices.test_queue import followed, told
from tests.service.notices.told import GROUND, HOUR_NS, document, joint_document, tell, tell_joint
from tests.service.told import TIME_NS

AT = rfc3339(TIME_NS)
LATE = [{"agency": "road", "state": "delivered"}, {"agency": "police", "state": "proposed", "late_at": AT}]
ROOMS = [("joint_late", "wecom", "police room"), ("joint_late", "wecom", "room")]


def test_a_late_side_is_told_to_both_desks_wherever_the_truck_is(store: Store) -> None:
    """Once, however often the other side moves; the truck may have been unloaded hours ago."""
    tell(store, document("unloaded"))
    tell_joint(store, joint_document(sides=LATE, escalated_at=AT))
    tell_joint(store, joint_document(sides=[LATE[0] | {"state": "accepted"}, LATE[1]]))
    assert sorted(told(store, TIME_NS + 11 * HOUR_NS)) == ROOMS


def test_each_side_is_late_for_itself(store: Store) -> None:
    """Who was late and is so again in its next state, and the other one, are other news."""
    tell(store, document())
    tell_joint(store, joint_document(sides=LATE))
    again = [LATE[0] | {"late_at": AT}, {"agency": "police", "state": "accepted", "late_at": rfc3339(TIME_NS + 1)}]
    tell_joint(store, joint_document(sides=again))
    assert sorted(one for one in told(store) if one[0] == "joint_late") == ROOMS[:1] * 3 + ROOMS[1:] * 3


def test_a_no_that_ends_it_is_told_to_both_desks(store: Store) -> None:
    """With whose it is."""
    sides = [LATE[0], {"agency": "police", "state": "declined"}]
    tell(store, document("stopped"))
    tell_joint(store, joint_document(status="declined", sides=sides, escalated_at=AT))
    assert {one[0] for one in told(store)} == {"joint_declined"}
    joint = read_joint(joint_document(status="declined", sides=sides, escalated_at=AT))
    assert joint is not None
    assert {one.who for one in news_of_joint(joint, GROUND, TIME_NS)} == {("police",)}


@pytest.mark.parametrize(
    "changed",
    [{"sides": [LATE[0], {"agency": "police", "state": "accepted"}]}, {"status": "done"}, {"status": "cancelled"}],
)
def test_what_was_done_after_all_is_dropped_before_it_is_sent(store: Store, changed: dict[str, Any]) -> None:
    """A notice that waits for a gateway is looked at again."""
    tell(store, document("unloaded"))
    tell_joint(store, joint_document(sides=LATE))
    (row, _) = followed(store)
    assert is_news(store, row, TIME_NS)
    assert not is_news(store, row, TIME_NS + 12 * HOUR_NS)
    tell_joint(store, joint_document(**({"sides": LATE} | changed)))
    assert not is_news(store, row, TIME_NS)


def is_news(store: Store, row: notices.NoticeRow, now_ns: int) -> bool:
    with store.reading() as conn:
        about = present(conn, row.intercept)
        return about is not None and still(conn, row, about, GROUND, now_ns) is not None
