"""The built-in classifier as a plugin."""

from __future__ import annotations

from collections.abc import Sequence

from omniroute.classifiers.contract import PluginClassifier
from omniroute.classifiers.stated import Stated
from omniroute.hookspecs import hookimpl


@hookimpl
def omniroute_classifiers() -> Sequence[PluginClassifier]:
    """Register stated."""
    return [Stated()]
