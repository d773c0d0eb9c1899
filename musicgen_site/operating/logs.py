"""Logs for programs to read: one JSON object a line."""

import json
import logging
from datetime import UTC, datetime
from typing import Final

# What every record carries; anything else was given by whoever logged it.
_USUAL: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Time (UTC), level, logger, message, and what was given with `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """A record as one line of JSON."""
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        extra = {name: value for name, value in vars(record).items() if name not in _USUAL}
        if record.exc_info:
            extra["exception"] = self.formatException(record.exc_info)
        return json.dumps({**extra, **said}, default=str, ensure_ascii=False)
