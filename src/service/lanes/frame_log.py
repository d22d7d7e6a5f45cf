"""Single messages of the topic of frames, read where somebody says that they lie."""

from __future__ import annotations

from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from service.kafka import BrokerAwayError, Kafka
from service.lanes.frame_places import Place
from service.topics import FRAMES

#: What one answer of the brokers may take; a lane that waits for longer than 30 s counts as dead.
ANSWER_SECONDS = 10.0
#: One frame and not a megabyte of its neighbours; a larger first message is still delivered whole.
FETCH_BYTES = 64 * 1024


class FrameLog:
    """Reads in whichever thread calls; one at a time."""

    def __init__(self, kafka: Kafka, topic: str = FRAMES) -> None:
        self._kafka, self._topic = kafka, topic
        self._made: Consumer | None = None

    def read(self, place: Place) -> bytes | None:
        """The message there; None where the log does not hold it any more. Raises `BrokerAwayError`."""
        try:
            return self._read(place) if self._holds(place) else None
        except KafkaException as error:
            if error.args[0].code() in _NO_SUCH_PLACE:
                return None
            raise BrokerAwayError(self._kafka.bootstrap_servers, error) from error

    def close(self) -> None:
        """Disconnect."""
        if self._made is not None:
            self._made.close()

    @property
    def _consumer(self) -> Any:
        if self._made is None:
            self._made = Consumer(
                {
                    "bootstrap.servers": self._kafka.bootstrap_servers,
                    # Demanded by the library; with `assign` no group is joined and nothing is committed.
                    "group.id": "wim-frame-log",
                    "enable.auto.commit": False,
                    "auto.offset.reset": "error",
                    "isolation.level": "read_committed",
                    "check.crcs": True,
                    "fetch.message.max.bytes": FETCH_BYTES,
                    # Reading one message here and one there, what was fetched ahead is thrown away.
                    "queued.min.messages": 1,
                    "log_level": 0,
                    **self._kafka.rdkafka_security,
                }
            )
        return self._made

    def _holds(self, place: Place) -> bool:
        asked = TopicPartition(self._topic, place.partition)
        start, end = self._consumer.get_watermark_offsets(asked, timeout=ANSWER_SECONDS)
        return bool(start <= place.offset < end)

    def _read(self, place: Place) -> bytes | None:
        """A record that an aborted transaction left, or that compaction removed, is not there: the next one comes
        instead. So may, on a busy machine, one that was fetched ahead for the place before: it is asked for twice."""
        for _ in range(2):
            message = self._first_from(place)
            if message.offset() == place.offset:
                value: bytes | None = message.value()
                return value
        return None

    def _first_from(self, place: Place) -> Any:
        self._consumer.assign([TopicPartition(self._topic, place.partition, place.offset)])
        message = self._consumer.poll(ANSWER_SECONDS)
        if message is None:
            problem = f"{self._topic} {place} was not read in {ANSWER_SECONDS:g} s"
            raise BrokerAwayError(self._kafka.bootstrap_servers, problem)
        if message.error() is not None:
            raise KafkaException(message.error())
        return message


#: The topic or partition does not exist, or the offset is not in it.
_NO_SUCH_PLACE = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError.OFFSET_OUT_OF_RANGE,
        KafkaError._AUTO_OFFSET_RESET,
    }
)
