"""``omniroute normalize CHANNEL FILE``: what a channel makes of raw input."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from omniroute import plugins
from omniroute.channels.contract import Interaction, RawInput
from omniroute.errors import InvalidInput, NotFound


@click.command()
@click.argument("channel")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--account", default="", help="The mailbox, number or site that it came to.")
@click.option("--meta", multiple=True, help="NAME=VALUE of what stands outside the bytes; may be repeated.")
def normalize(channel: str, file: Path, account: str, meta: tuple[str, ...]) -> None:
    """Print the interactions in FILE (- for standard input) as JSON lines."""
    channels = plugins.load().channels
    found = channels.get(channel)
    if found is None:
        raise NotFound(f"there is no channel {channel!r}; there are {', '.join(sorted(channels))}")
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as failure:
        raise InvalidInput(f"{file} cannot be read: {failure.strerror}") from failure
    facts = dict(pair.partition("=")[::2] for pair in meta)
    raw = RawInput(instance=channel, account=account, received_ms=0, data=data, meta=facts)
    for interaction in found.normalize(raw):
        click.echo(msgspec.json.encode(_readable(interaction)).decode())


def _readable(interaction: Interaction) -> dict[str, Any]:
    """Attachments by name, type and bytes in base64."""
    fields = msgspec.structs.asdict(interaction)
    fields["attachments"] = [
        {"name": part.name, "content_type": part.content_type, "data": base64.b64encode(part.data).decode()}
        for part in interaction.attachments
    ]
    return fields
