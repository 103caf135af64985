"""Plugins: built-ins come through the same door as a stranger's; mistakes are named at start."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest

from omniroute import hookspecs, plugins
from omniroute.errors import PluginError
from omniroute.hookspecs import hookimpl
from omniroute.policies.longest_idle import LongestIdle
from omniroute.policies.plugin import omniroute_policies


class Policy(LongestIdle):
    """A stranger's."""

    name = "by_name"


class Good:
    """A plugin of somebody else."""

    @hookimpl
    def omniroute_policies(self):
        return [Policy()]


class Misspelt:
    """Its hook does not exist."""

    @hookimpl
    def omniroute_polices(self):
        return []


class Taken:
    """Its name is in use."""

    @hookimpl
    def omniroute_policies(self):
        return [LongestIdle()]


class Nameless:
    """It forgot its name."""

    @hookimpl
    def omniroute_channels(self):
        return [object()]


def test_built_ins_come_by_entry_points_and_hooks_only():
    found = plugins.load()
    assert set(found.channels) == {"console", "email", "phone", "visit", "webchat"}
    assert set(found.policies) == {policy.name for policy in omniroute_policies()}
    assert set(found.classifiers) == {"stated"}
    names = {point.name for point in entry_points(group=plugins.GROUP)}
    assert names >= {"console", "email", "phone", "visit", "webchat", "policies", "classifiers", "sinks"}


def test_a_strangers_policy_is_one_of_all():
    assert plugins.load((Good(),)).policies["by_name"].name == "by_name"


def test_an_unknown_hook_is_refused_with_the_nearest_name():
    with pytest.raises(PluginError, match="unknown hook omniroute_polices; did you mean omniroute_policies"):
        plugins.load((Misspelt(),))


@pytest.mark.parametrize("plugin", [Taken(), Nameless()])
def test_a_name_must_be_there_and_free(plugin):
    with pytest.raises(PluginError, match="needs a name of its own"):
        plugins.load((plugin,))


def test_a_plugin_that_cannot_be_loaded_is_named(monkeypatch):
    class Point:
        name = "broken"

        def load(self):
            raise ImportError("no module named nowhere")

    monkeypatch.setattr(plugins, "entry_points", lambda group: [Point()])
    with pytest.raises(PluginError, match="broken: it cannot be loaded"):
        plugins.load()


def test_a_hook_that_raises_is_the_plugins_fault():
    class Raises:
        @hookimpl
        def omniroute_channels(self):
            raise ZeroDivisionError

    with pytest.raises(PluginError):
        plugins.load((Raises(),))


def test_specifications_are_never_called():
    for name in ("omniroute_channels", "omniroute_policies", "omniroute_classifiers", "omniroute_effect_sinks"):
        with pytest.raises(AssertionError):
            getattr(hookspecs.Hooks(), name)()
