"""``omniroute normalize CHANNEL FILE``: what a channel makes of raw input, and where it would go."""

from __future__ import annotations

import base64
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from omniroute import app, config, plugins
from omniroute.channels.contract import Interaction, RawInput
from omniroute.core.commands import Classification
from omniroute.core.state import State
from omniroute.errors import InvalidInput, NotFound
from omniroute.plugins import Registry

Classify = Callable[[Interaction], Classification]


@click.command()
@click.argument("channel")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--account", default="", help="The mailbox, number or site that it came to.")
@click.option("--meta", multiple=True, help="NAME=VALUE of what stands outside the bytes; may be repeated.")
@click.option("--config", "path", type=click.Path(path_type=Path), help="Show also where this configuration puts it.")
@click.option("--at", "arrival", default="", help="When it arrived, like 2026-11-28T23:00+01:00; else now.")
def normalize(channel: str, file: Path, account: str, meta: tuple[str, ...], path: Path | None, arrival: str) -> None:
    """Print the interactions in FILE (- for standard input) as JSON lines.

    With a configuration CHANNEL may be an instance of it, and each interaction is followed by its classification, as of
    somebody who has never written before.
    """
    registry = plugins.load()
    instance, kind, classify = channel, channel, None
    if path is not None:
        read = config.read(path)
        instance, kind = _instance(channel, read)
        classify = _classifying(instance, read, registry, _moment_ms(arrival))
    found = registry.channels.get(kind)
    if found is None:
        raise NotFound(f"there is no channel {channel!r}; there are {', '.join(sorted(registry.channels))}")
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as failure:
        raise InvalidInput(f"{file} cannot be read: {failure.strerror}") from failure
    facts = dict(pair.partition("=")[::2] for pair in meta)
    raw = RawInput(instance=instance, account=account, received_ms=0, data=data, meta=facts)
    for interaction in found.normalize(raw):
        click.echo(msgspec.json.encode(_readable(interaction)).decode())
        if classify is not None:
            click.echo(msgspec.json.encode({"classification": _told(classify(interaction))}).decode())


def _instance(channel: str, read: config.Config) -> tuple[str, str]:
    """The instance that is meant and the kind of its channel: by its name, or the first one of that kind."""
    by_kind = {section.kind: name for name, section in reversed(read.channels.items())}
    name = channel if channel in read.channels else by_kind.get(channel, "")
    if not name:
        raise NotFound(f"the configuration has no channel {channel!r}; it has {', '.join(sorted(read.channels))}")
    return name, read.channels[name].kind


def _classifying(instance: str, read: config.Config, registry: Registry, at_ms: int) -> Classify:
    """The classification of interactions, as the daemon would do it with this configuration."""
    config.check(read, registry)
    state = State()
    state.use(config.core_config(read, registry, at_ms))
    classifier = app.classifier(read, registry)
    return lambda interaction: classifier.classify(instance, interaction, state, received_ms=at_ms)


def _moment_ms(text: str) -> int:
    if not text:
        return time.time_ns() // 1_000_000
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as failure:
        raise InvalidInput("--at is written like 2026-11-28T23:00+01:00") from failure
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _readable(interaction: Interaction) -> dict[str, Any]:
    """Attachments by name, type and bytes in base64."""
    fields = msgspec.structs.asdict(interaction)
    fields["attachments"] = [
        {"name": part.name, "content_type": part.content_type, "data": base64.b64encode(part.data).decode()}
        for part in interaction.attachments
    ]
    return fields


def _told(found: Classification) -> dict[str, Any]:
    """Requirements as they are written in the configuration."""
    fields = msgspec.structs.asdict(found)
    return fields | {name: [str(one) for one in fields[name]] for name in ("requirements", "preferred")}
