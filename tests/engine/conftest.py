"""The engine runs on asyncio in the daemon; time is virtual here (`rig.Rig.clock`)."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
