"""What pages have from the code: ``python -m tests.docs.generated`` writes it anew, a test compares it.

The support matrix of the README from the declared capabilities, the lifecycles from their tables, the example of the
configuration from the demo's company.
"""

from __future__ import annotations

import re

from tests.docs.pages import ROOT, read

from omniroute import plugins
from omniroute.channels.contract import Capabilities
from omniroute.cli.diagrams import draw

COLUMNS = ("inbound", "outbound", "realtime", "session", "connects", "attachments", "text_max_chars", "cost_units")
HEADS = ("in", "out", "realtime", "session", "connects", "attachments in", "text limit", "cost")
MATRIX = re.compile(r"(<!-- channels:begin .*? -->\n).*?(<!-- channels:end -->)", re.DOTALL)
COMPANY = "src/omniroute/demo/company.toml"
EXAMPLE = re.compile(rf"(<!-- from: {COMPANY} -->\n+```toml\n).*?(^```$)", re.DOTALL | re.MULTILINE)


def matrix() -> str:
    """What each channel can do."""
    channels = sorted(plugins.load().channels.items())
    lines = [f"| channel | {' | '.join(HEADS)} |", "|---" * (len(HEADS) + 1) + "|"]
    lines += [f"| `{name}` | {' | '.join(_cells(channel.capabilities))} |" for name, channel in channels]
    return "\n".join(lines) + "\n"


def _cells(can: Capabilities) -> list[str]:
    values = [getattr(can, column) for column in COLUMNS]
    return [("yes" if value else "no") if isinstance(value, bool) else str(value or "none") for value in values]


def _put(place: re.Pattern[str], page: str, text: str) -> str:
    found = place.search(page)
    assert found, "the place for generated text is gone"
    return page[: found.start()] + found.group(1) + text + found.group(2) + page[found.end() :]


def pages() -> dict[str, str]:
    """The pages with generated text, as they should be."""
    configuration = "docs/reference/configuration.md"
    return {
        "README.md": _put(MATRIX, read("README.md"), matrix()),
        configuration: _put(EXAMPLE, read(configuration), read(COMPANY)),
        "docs/reference/lifecycles.md": draw(),
    }


if __name__ == "__main__":
    for name, text in pages().items():
        (ROOT / name).write_text(text, encoding="utf-8")
