"""Channels run on asyncio in the daemon, so their tests do too."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
