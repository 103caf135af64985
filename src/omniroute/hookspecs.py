"""The hooks. A plugin implements them with ``hookimpl`` and only *registers*: the returned objects act.

A plugin is a module (or object) under the entry point group ``omniroute``. Hooks are called once, at start.
"""

from __future__ import annotations

from collections.abc import Sequence

import pluggy

from omniroute.channels.contract import Channel
from omniroute.classifiers.contract import PluginClassifier
from omniroute.core.policy import RoutingPolicy
from omniroute.sinks.contract import EffectSink
from omniroute.sinks.orders import OrderSystem

hookspec = pluggy.HookspecMarker("omniroute")
hookimpl = pluggy.HookimplMarker("omniroute")


class Hooks:
    """All hooks there are; an unknown one fails at start."""

    @hookspec
    def omniroute_channels(self) -> Sequence[Channel]:
        """Return the channels that this plugin brings."""
        raise AssertionError("a specification is never called")

    @hookspec
    def omniroute_policies(self) -> Sequence[RoutingPolicy]:
        """Return the routing policies that this plugin brings."""
        raise AssertionError("a specification is never called")

    @hookspec
    def omniroute_classifiers(self) -> Sequence[PluginClassifier]:
        """Return the classifiers that this plugin brings."""
        raise AssertionError("a specification is never called")

    @hookspec
    def omniroute_effect_sinks(self) -> Sequence[EffectSink]:
        """Return the effect sinks that this plugin brings."""
        raise AssertionError("a specification is never called")

    @hookspec
    def omniroute_order_systems(self) -> Sequence[OrderSystem]:
        """Return the order systems that this plugin connects."""
        raise AssertionError("a specification is never called")
