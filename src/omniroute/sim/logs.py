"""The engine's log while it is simulated: errors are heard, everything else is dropped."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, NoReturn

import structlog

EXPECTED = {"journal_full"}
"""Errors that are part of what is simulated."""


@contextmanager
def listening(heard: Callable[[str], None]) -> Iterator[None]:
    """Call ``heard`` with every error that the engine logs and that no simulated fault explains."""

    def listen(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> NoReturn:
        if event["event"] not in EXPECTED:
            bug = event.get("exc_info")
            where = "".join(traceback.format_exception(bug)[-6:]) if isinstance(bug, BaseException) else ""
            heard(f"the engine logged {event['event']}: {bug!r}\n{where}")
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(
        processors=[listen],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.configure(**before)
