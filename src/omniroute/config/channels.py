"""Channel instances: one `ChannelRule` for each, their options, and where their matters go.

What lives here: what of a section the core needs, checked against what the channel says of itself.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from omniroute.channels.contract import Capabilities, Channel
from omniroute.config.cycles import cycle
from omniroute.config.lengths import COUNT_MAX, bounded, length_ms
from omniroute.config.names import check_known, check_name, queue_id
from omniroute.config.reading import check_options, convert
from omniroute.config.sections import ChannelSection, Config
from omniroute.core.rules import ChannelRule
from omniroute.engine.classify import Placement
from omniroute.errors import ConfigError
from omniroute.plugins import Registry

CONNECT_DEFAULT_MS = 30_000
"""How long connecting may take where the file does not say."""


def channel_rules(config: Config, registry: Registry) -> tuple[ChannelRule, ...]:
    """The channel instances. Raises `ConfigError`."""
    rules = tuple(_channel_rule(name, section, config, registry) for name, section in config.channels.items())
    circle = cycle({rule.instance: rule.interrupts for rule in rules})
    if circle:
        place = config.channels[circle[0]].interrupts.index(circle[1])
        raise ConfigError(
            f"channels may not interrupt one another ({' → '.join(circle)}); take one of these names out",
            f"channels.{circle[0]}.interrupts[{place}]",
        )
    return rules


def channel_of(name: str, section: ChannelSection, registry: Registry) -> Channel:
    """The channel of an instance. Raises `ConfigError`."""
    return registry.channels[check_known("channel", section.kind, registry.channels, f"channels.{name}.kind")]


def _channel_rule(name: str, section: ChannelSection, config: Config, registry: Registry) -> ChannelRule:
    path = f"channels.{name}"
    check_name(name, path)
    can = channel_of(name, section, registry).capabilities
    return ChannelRule(
        name,
        cost_units(name, section, registry),
        can.realtime,
        can.session,
        can.connects,
        bounded(section.max_items, 0, COUNT_MAX, f"{path}.max_items", "a number of items (0: as many as fit)"),
        section.exclusive,
        _interrupts(name, section, config),
        length_ms(section.idle, f"{path}.idle"),
        _connect_ms(section, can, f"{path}.connect"),
        can.outbound and not can.connects,
    )


def cost_units(name: str, section: ChannelSection, registry: Registry) -> int:
    """What one item takes: the file's word, else the channel's. Raises `ConfigError`."""
    if section.cost < 0:
        raise ConfigError("a cost is not negative; 0 leaves it to the channel", f"channels.{name}.cost")
    bounded(section.cost, 0, COUNT_MAX, f"channels.{name}.cost", "a cost")
    return section.cost or channel_of(name, section, registry).capabilities.cost_units


def _interrupts(name: str, section: ChannelSection, config: Config) -> tuple[str, ...]:
    for place, other in enumerate(section.interrupts):
        path = f"channels.{name}.interrupts[{place}]"
        if check_known("channel", other, config.channels, path) == name:
            raise ConfigError("a channel cannot interrupt itself; name another", path)
    return tuple(section.interrupts)


def _connect_ms(section: ChannelSection, can: Capabilities, path: str) -> int:
    if not section.connect:
        return CONNECT_DEFAULT_MS if can.connects else 0
    length = length_ms(section.connect, path)
    if length and not can.connects:
        raise ConfigError(f"the channel {section.kind!r} connects nobody; take it out", path)
    return length


def channel_options(name: str, section: ChannelSection, registry: Registry, secret: str = "") -> Any:
    """The options of an instance, in the type that its channel wants.

    An optional ``secret`` that the file does not give is derived from the installation's ``secret``. Options may have a
    ``check()`` of their own, which raises `ConfigError` with a path inside them.
    """
    kind = channel_of(name, section, registry).options_type
    options = dict(section.options)
    if "secret" in {field.name for field in msgspec.structs.fields(kind) if not field.required}:
        derived = hashlib.sha256(f"{name}:{secret}".encode()).hexdigest()
        options["secret"] = options.get("secret") or derived
    path = f"channels.{name}.options"
    made = convert(options, kind, path)
    check_options(made, path)
    return made


def placements(config: Config) -> dict[str, Placement]:
    """Where the matters of each channel instance go. Raises `ConfigError`."""
    return {name: _placement(f"channels.{name}", section, config) for name, section in config.channels.items()}


def _placement(path: str, section: ChannelSection, config: Config) -> Placement:
    return Placement(
        queue_id(section.queue, config, f"{path}.queue"),
        {
            account.lower(): queue_id(queue, config, f"{path}.queues_by_account.{account}")
            for account, queue in section.queues_by_account.items()
        },
        section.matter,
    )
