"""How a command begins that may have to wait for a database or a broker: stdout stays its answer's."""

from __future__ import annotations

from service import logs
from service.settings import LogSettings, Settings, read_settings


def start() -> Settings:
    """The settings; from now on what is logged goes to stderr, as warnings that a person reads if nothing is set."""
    settings = read_settings()
    logs.configure(of_command(settings.log))
    return settings


def of_command(log: LogSettings) -> LogSettings:
    """How a command logs, whose reader is no collector of logs; what was set holds."""
    usual = {"format": "pretty", "level": "warning"}
    return log.model_copy(update={name: value for name, value in usual.items() if name not in log.model_fields_set})
