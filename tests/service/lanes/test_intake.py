"""What a lane has read and not yet judged."""

from __future__ import annotations

import asyncio

from aiokafka.structs import ConsumerRecord

from service.lanes import intake
from service.lanes.intake import Intake, Pace
from service.lanes.work import DeadLetter, Partition, Slice

A, B = Partition("numbers", 0), Partition("numbers", 1)


def some(partition: Partition, start: int, count: int, size: int = 1) -> Slice:
    """`count` records of `size` bytes from offset `start`."""
    records = [
        ConsumerRecord(*partition, offset, 0, 0, None, b"x" * size, None, -1, size, ())
        for offset in range(start, start + count)
    ]
    return Slice(partition, start + count, records)


async def test_what_came_meanwhile_is_one_batch_with_one_slice_a_partition() -> None:
    """Reads of one partition are joined in their order; the end is that of the last."""
    buffer = Intake()
    buffer.put([some(A, 0, 3), some(B, 7, 1)])
    buffer.put([some(A, 3, 2)])
    taken = await buffer.take()
    assert taken is not None
    assert {slice_.partition: (slice_.end, [r.offset for r in slice_.records]) for slice_ in taken} == {
        A: (5, [0, 1, 2, 3, 4]),
        B: (8, [7]),
    }


async def test_a_damaged_batch_of_the_log_travels_with_its_slice() -> None:
    """Dead letters of the log itself are not lost when reads are joined."""
    letter = DeadLetter(A, 3, None, b"raw", "kafka_crc", "")
    buffer = Intake()
    buffer.put([some(A, 0, 3)])
    buffer.put([Slice(A, 9, [], [letter])])
    (taken,) = await buffer.take() or ()
    assert (taken.end, taken.unreadable) == (9, [letter])


async def test_a_full_intake_holds_the_reader_back_until_it_is_taken() -> None:
    """Memory is bounded in messages …"""
    buffer = Intake()
    buffer.put([some(A, 0, intake.FIRST_MESSAGES)])
    waiting = asyncio.ensure_future(buffer.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    await buffer.take()
    await asyncio.wait_for(waiting, 1)


async def test_bytes_fill_it_too() -> None:
    """… and in bytes."""
    buffer = Intake()
    buffer.put([some(A, 0, 9, size=1024 * 1024)])
    assert buffer.full


async def test_large_messages_make_small_reads() -> None:
    """One turn of the event loop parses and checks about as many bytes, however large the messages are."""
    buffer = Intake()
    buffer.put([some(A, 0, 10, size=200)])
    assert buffer.chunk == intake.CHUNK_MESSAGES
    buffer.put([some(A, 10, 20, size=50_000)])
    assert buffer.chunk == intake.CHUNK_BYTES // 50_000


async def test_the_first_read_may_be_of_large_messages() -> None:
    """Before any message was seen, no more are read than a batch could hold if all were of 256 passages."""
    assert Intake().chunk * 49_168 <= intake.MOST_BYTES


async def test_a_closed_intake_gives_nothing_more() -> None:
    """A lane that stops leaves what it only read: it is still in the log."""
    buffer = Intake()
    taking = asyncio.ensure_future(buffer.take())
    await asyncio.sleep(0)
    buffer.close()
    assert await asyncio.wait_for(taking, 1) is None
    buffer.put([some(A, 0, 1)])
    assert await buffer.take() is None


async def test_an_impatient_batch_goes_at_once_and_a_patient_one_waits_for_company() -> None:
    """Patience runs from the first message that came."""
    for patience_s, expected in ((0.0, 1), (0.2, 2)):
        buffer = Intake(patience_s)
        buffer.put([some(A, 0, 1)])
        taking = asyncio.ensure_future(buffer.take())
        await asyncio.sleep(0.01)
        buffer.put([some(B, 0, 1)])
        assert len(await asyncio.wait_for(taking, 2) or ()) == expected


def test_batches_grow_and_shrink_to_what_a_transaction_writes_in_its_time() -> None:
    """Twice as many at most when a full batch was quick, half as many when it was slow, within bounds."""
    pace = Pace()
    pace.learn(intake.FIRST_MESSAGES, 0.001)
    assert pace.messages == 2 * intake.FIRST_MESSAGES
    pace.learn(100, 0.001)
    assert pace.messages == 2 * intake.FIRST_MESSAGES
    pace.learn(4_000, 0.08)
    assert pace.messages == 2_500
    pace.learn(2_500, 60.0)
    assert pace.messages == 1_250
    for _ in range(50):
        pace.learn(pace.messages, 1e-6)
    assert pace.messages == intake.MOST_MESSAGES


def test_one_slow_write_of_few_messages_does_not_end_large_batches() -> None:
    """It halves them; only a write that stays slow makes them small."""
    pace = Pace()
    pace.learn(10, 1.0)
    assert pace.messages == intake.FIRST_MESSAGES // 2
    for _ in range(20):
        pace.learn(pace.messages, 1.0)
    assert pace.messages == intake.LEAST_MESSAGES
