"""Write log records for the command line: one line each, as text or as JSON."""

from __future__ import annotations

import json
import logging
import logging.config
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..exceptions import ConfigurationError
from ._plain import in_a_line, in_lines

__all__ = ["LogFormat", "LogLevel", "configure_logging", "configure_logging_from"]

# At DEBUG these describe every frame and header.
_CHATTY = ("asyncio", "grpclib", "h2", "hpack", "watchfiles")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class LogLevel(StrEnum):
    """The lowest level that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """The form of a log line."""

    TEXT = "text"
    JSON = "json"


def configure_logging(level: LogLevel, log_format: LogFormat, *, activities: bool = False) -> None:
    """Send all log records from *level* on to standard error, with *activities* also those about ends of attempts."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JSONFormatter() if log_format is LogFormat.JSON else _TextFormatter())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.getLogger().level, logging.INFO))
    if activities:
        logging.getLogger("asyncworker.worker.attempts").setLevel(logging.DEBUG)
    logging.captureWarnings(True)


def configure_logging_from(path: Path) -> None:
    """Configure logging as a file says: :func:`logging.config.dictConfig` of JSON, TOML or YAML, else ``fileConfig``.

    Loggers that there are already stay enabled, unless the file says otherwise.

    Raises:
        ConfigurationError: The file is not there, or is wrong.
    """
    try:
        if path.suffix in (".json", ".toml", ".yaml", ".yml"):
            logging.config.dictConfig({"version": 1, "disable_existing_loggers": False, **_document(path)})
        else:
            with path.open(encoding="utf-8") as file:
                logging.config.fileConfig(file, disable_existing_loggers=False)
    except ConfigurationError:
        raise
    except Exception as error:
        why = ": ".join(_in_a_line(each) for each in (error, error.__cause__) if each is not None)
        raise ConfigurationError(f"--log-config: {path}: {why}") from error
    logging.captureWarnings(True)


def _in_a_line(error: BaseException) -> str:
    # Of a section or an entry that fileConfig looks for.
    return f"there is no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())


def _document(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        document = json.loads(text)
    elif path.suffix == ".toml":
        document = tomllib.loads(text)
    else:
        try:
            import yaml
        except ModuleNotFoundError as error:
            raise ConfigurationError(f"--log-config: {path} needs PyYAML: pip install pyyaml") from error
        document = yaml.safe_load(text)
    if not isinstance(document, dict):
        raise ConfigurationError(f"--log-config: {path} must hold a mapping, got a {type(document).__name__}")
    return document


class _TextFormatter(logging.Formatter):
    """Time, level, logger, message and the attempt that the record is about; a traceback is indented below.

    Ids, types and messages come from elsewhere: their line breaks and control characters are escaped.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03d %(levelname)-7s %(name)s: %(message)s", datefmt="%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return in_lines(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        line = super().formatMessage(record)
        fields = vars(record)
        if "temporal.activity_id" not in fields:
            return in_a_line(line.rstrip("\n"))
        attempt = fields.get("temporal.attempt", 1)
        which = f"{fields.get('temporal.activity_type')} {fields['temporal.activity_id']}"
        return in_a_line(f"{line} [{which}, attempt {attempt}]" if attempt != 1 else f"{line} [{which}]")


class _JSONFormatter(logging.Formatter):
    """One flat JSON object per record: the standard fields, then those of its ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(dict(self._fields(record)), default=str, ensure_ascii=False)

    def _fields(self, record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
        yield "timestamp", datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        yield "level", record.levelname.lower()
        yield "logger", record.name
        yield "message", record.getMessage()
        yield from ((key, value) for key, value in vars(record).items() if key not in _STANDARD)
        if record.exc_info:
            yield "exception", self.formatException(record.exc_info)
        elif record.exc_text:
            yield "exception", record.exc_text
        if record.stack_info:
            yield "stack", self.formatStack(record.stack_info)
