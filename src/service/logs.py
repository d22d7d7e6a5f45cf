"""Logging of every process of ours: JSON lines, or something pleasant at a terminal; never a plate in full.

Whatever logs through the standard library (aiokafka, Faust, SQLAlchemy, uvicorn) comes out in the same form.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from service.settings import LogSettings

#: A plate of the mainland: province, office letter, then five or six characters, the last of which may be a sign.
PLATE = re.compile(r"([\u4e00-\u9fff][A-Z])[A-Z0-9]{4,5}[A-Z0-9挂学警港澳]")
#: Fields that hold a plate whatever it looks like.
PLATE_FIELDS = frozenset({"plate"})
#: What of an odd plate stays readable.
SHOWN_CHARACTERS = 2

#: What libraries may say at most, whatever our own level is: SQLAlchemy logs every statement with its values at INFO,
#: aiokafka every message at DEBUG (plates in both); Faust and alembic tell each of their steps.
AT_LEAST = {
    "sqlalchemy": logging.WARNING,
    "alembic": logging.WARNING,
    "faust": logging.WARNING,
    "mode": logging.WARNING,
    "aiokafka": logging.INFO,
}

#: They repeat themselves while a broker is away; the same message of theirs is news after …
REPETITIVE = "aiokafka"
#: … this long.
REPEATED_SECONDS = 10.0


def configure(settings: LogSettings) -> None:
    """Log to stderr as the settings say, from now on and from every library."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    pretty = settings.format == "pretty"
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=_colours())
        if pretty
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    # A traceback becomes text before it is masked, and shows no variables: they may hold plates in any form.
    last: list[Processor] = [structlog.processors.format_exc_info, mask_plates]
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Seldom())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last, renderer],
        )
    )
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name, least in AT_LEAST.items():
        logging.getLogger(name).setLevel(max(level, least))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _colours() -> bool:
    """Colours for a terminal, unless told otherwise (no-color.org, force-color.org)."""
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stderr.isatty() and not os.environ.get("NO_COLOR"))


class Seldom(logging.Filter):
    """Lets a library's message through now and then: without its broker a client complains a hundred times a second."""

    def __init__(self, every_s: float = REPEATED_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._every_s = every_s
        self._clock = clock
        self._said_s: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this message has not been said for a while, whatever its arguments were."""
        if not record.name.startswith(REPETITIVE) or not isinstance(record.msg, str):
            return True
        what, now_s = (record.name, record.msg), self._clock()
        if now_s - self._said_s.get(what, -self._every_s) < self._every_s:
            return False
        self._said_s[what] = now_s
        return True


def mask_plates(logger: Any, method: str, event: EventDict) -> EventDict:
    """A structlog processor: plates keep their region and lose the rest, in whichever field or sentence they stand."""
    return {key: _masked(key, value) for key, value in event.items()}


def _masked(key: str, value: Any) -> Any:
    if isinstance(value, str):
        masked = PLATE.sub(r"\1***", value)
        return masked[:SHOWN_CHARACTERS] + "***" if key in PLATE_FIELDS and masked == value and value else masked
    if isinstance(value, MutableMapping):
        return {_masked("", inner): _masked(str(inner), one) for inner, one in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(key, one) for one in value]
    return value
