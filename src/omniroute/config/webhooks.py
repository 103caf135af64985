"""Webhooks: the sink and the options of every ``[webhooks.NAME]``.

What lives here: which kind of sink a table is for, and its keys in the type that the sink wants.
"""

from __future__ import annotations

from collections.abc import Iterator

from omniroute.config.names import check_known, check_name
from omniroute.config.reading import check_options, convert
from omniroute.config.sections import Config
from omniroute.engine.sinks import SinkSetup
from omniroute.plugins import Registry

KIND_DEFAULT = "webhook"
"""The sink of a table that names none."""


def sinks(config: Config, registry: Registry) -> tuple[SinkSetup, ...]:
    """Every target of the file. Raises `ConfigError`."""
    return tuple(_sinks(config, registry))


def _sinks(config: Config, registry: Registry) -> Iterator[SinkSetup]:
    for name, table in config.webhooks.items():
        path = f"webhooks.{name}"
        check_name(name, path)
        kind = str(table.get("kind", KIND_DEFAULT))
        sink = registry.sinks[check_known("sink", kind, registry.sinks, f"{path}.kind")]
        made = convert({key: value for key, value in table.items() if key != "kind"}, sink.options_type, path)
        check_options(made, path)
        yield SinkSetup(name, sink, made)
