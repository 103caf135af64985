"""The support matrix of the README, made from the declared capabilities: ``python -m tests.docs.matrix`` writes it."""

from __future__ import annotations

import re

from tests.docs.pages import ROOT, read

from omniroute import plugins
from omniroute.channels.contract import Capabilities

COLUMNS = ("inbound", "outbound", "realtime", "session", "connects", "attachments", "text_max_chars", "cost_units")
HEADS = ("in", "out", "realtime", "session", "connects", "attachments in", "text limit", "cost")
PLACE = re.compile(r"(<!-- channels:begin .*? -->\n).*?(<!-- channels:end -->)", re.DOTALL)


def matrix() -> str:
    channels = sorted(plugins.load().channels.items())
    lines = [f"| channel | {' | '.join(HEADS)} |", "|---" * (len(HEADS) + 1) + "|"]
    lines += [f"| `{name}` | {' | '.join(_cells(channel.capabilities))} |" for name, channel in channels]
    return "\n".join(lines) + "\n"


def with_matrix(page: str) -> str:
    return PLACE.sub(lambda place: place.group(1) + matrix() + place.group(2), page)


def _cells(can: Capabilities) -> list[str]:
    values = [getattr(can, column) for column in COLUMNS]
    return [("yes" if value else "no") if isinstance(value, bool) else str(value or "none") for value in values]


if __name__ == "__main__":
    (ROOT / "README.md").write_text(with_matrix(read("README.md")), encoding="utf-8")
