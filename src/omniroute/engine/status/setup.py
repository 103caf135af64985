"""How customers are told where their matter stands, as the configuration says."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import NamedTuple


class StatusSetup(NamedTuple):
    """``links``: replies carry a signed link, good for ``link_days``. Moments are shown in ``zone``."""

    links: bool = True
    base_url: str = ""
    link_days: int = 90
    answers_per_day: int = 20
    zone: tzinfo = UTC
