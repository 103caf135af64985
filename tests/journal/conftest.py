"""The daemon runs on asyncio; the trio tests of the stores ask for trio by name."""

import pytest


@pytest.fixture
def anyio_backend():
    return "asyncio"
