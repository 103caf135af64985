"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A program that a test runs in process sets logging up; the next test must not write into its closed stream."""
    yield
    structlog.reset_defaults()
