"""The API runs on asyncio in the daemon."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
