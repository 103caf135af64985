"""The event loop of the daemon: uvloop where it is installed (the extra ``speed``), else asyncio's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Any

import anyio


def run(work: Callable[..., Awaitable[Any]], *args: Any) -> None:
    """Run until ``work`` is done."""
    anyio.run(work, *args, backend_options={"use_uvloop": find_spec("uvloop") is not None})
