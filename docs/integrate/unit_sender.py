"""A roadside unit that sends what it weighs to Kafka: `python unit_sender.py G104-K012 1 苏A12345 127.0.0.1:9092`.

It sends one invented truck of 106 t, a 百噸王, that crosses now.
"""

import asyncio
import sys
import time

from aiokafka import AIOKafkaProducer
from passage_record import Passage, message

AXLES_KG = [(3_600, 3_500), (9_900, 9_800), (9_900, 9_880), (10_000, 9_900), (9_900, 9_900), (9_950, 9_950)]
SPACING_MM = [3_700, 1_350, 6_860, 1_310, 1_310]


def hundred_tonne(site: str, lane: int, plate: str) -> Passage:
    """A truck of six axles and 106 180 kg."""
    return Passage(time.time_ns(), site, lane, 0, 1, 1, plate, 1, 97, 62.5, AXLES_KG, SPACING_MM)


async def send(passage: Passage, servers: str) -> None:
    """Send it, and return once every in-sync copy has it."""
    # The default partitioner is murmur2 over the key, as in Java clients; librdkafka: partitioner=murmur2_random.
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True)
    async with producer:
        # Key = site: all lanes of a site share a partition and stay in order.
        await producer.send_and_wait("wim.passages.v1", message([passage]), key=passage.site.encode())
    print(passage.id())


if __name__ == "__main__":
    site, lane, plate, servers = sys.argv[1:]
    asyncio.run(send(hundred_tonne(site, int(lane), plate), servers))
