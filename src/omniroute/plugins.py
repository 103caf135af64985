"""Plugins: found by entry point, registered through hooks, checked at start.

What lives here: loading. What is built in comes in through the same door as a stranger's.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any, NamedTuple, TypeVar

import pluggy

from omniroute.channels.contract import Channel
from omniroute.classifiers.contract import PluginClassifier
from omniroute.core.policy import RoutingPolicy
from omniroute.errors import PluginError
from omniroute.hookspecs import Hooks
from omniroute.sinks.contract import EffectSink
from omniroute.sinks.orders import OrderSystem

GROUP = "omniroute"
T = TypeVar("T")


class Registry(NamedTuple):
    """What the plugins brought, by name."""

    channels: dict[str, Channel]
    policies: dict[str, RoutingPolicy]
    classifiers: dict[str, PluginClassifier]
    sinks: dict[str, EffectSink]
    order_systems: dict[str, OrderSystem]


def load(extra: tuple[object, ...] = ()) -> Registry:
    """Load all installed plugins and ``extra`` ones. Raises `PluginError` for an unknown hook or a name taken twice."""
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(Hooks)
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            manager.register(point.load(), name=point.name)
        except (ImportError, ValueError) as failure:
            raise PluginError(point.name, f"it cannot be loaded: {failure}") from failure
    for plugin in extra:
        manager.register(plugin)
    _refuse_unknown_hooks(manager)
    return Registry(
        _by_name("channel", _ask(manager.hook.omniroute_channels)),
        _by_name("policy", _ask(manager.hook.omniroute_policies)),
        _by_name("classifier", _ask(manager.hook.omniroute_classifiers)),
        _by_name("sink", _ask(manager.hook.omniroute_effect_sinks)),
        _by_name("order system", _ask(manager.hook.omniroute_order_systems)),
    )


def _ask(hook: pluggy.HookCaller) -> list[Any]:
    """What all plugins return, one after the other, so that whoever fails is named."""
    found: list[Any] = []
    for implementation in hook.get_hookimpls():
        try:
            made: Any = implementation.function()
            found += made
        except Exception as failure:
            name = implementation.plugin_name
            raise PluginError(name, f"its hook {hook.name} failed: {type(failure).__name__}: {failure}") from failure
    return found


def _refuse_unknown_hooks(manager: pluggy.PluginManager) -> None:
    known = [name for name in vars(Hooks) if name.startswith("omniroute_")]
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as failure:
        wrong = str(failure).split("'")[1] if "'" in str(failure) else "?"
        near = get_close_matches(wrong, known, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
        raise PluginError(str(manager.get_name(failure.plugin)), f"unknown hook {wrong}{hint}") from failure


def _by_name(what: str, things: list[T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for thing in things:
        name = str(getattr(thing, "name", ""))
        if not name or name in found:
            raise PluginError(name or repr(thing), f"a {what} needs a name of its own")
        found[name] = thing
    return found
