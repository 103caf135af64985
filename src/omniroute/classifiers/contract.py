"""What a plugin classifier is: it says where a new matter belongs, where no rule of the configuration has said so.

A plugin *registers* objects through the hook ``omniroute_classifiers`` (`omniroute.hookspecs`). They are asked in the
order of their names, after the rules and before the default of the channel; the first one that answers wins. One that
raises, or names a queue that there is not, does no harm: the default holds, and the matter says who failed.

A classifier is asked on the writer, between two decisions, for every interaction that no rule has placed: it must be
quick (well below a millisecond), bounded for any text, and pure. The same facts give the same answer: no clock
(``received_ms`` is an argument), no randomness, no input or output, no memory of former calls, no change to the facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from omniroute.channels.contract import Interaction
from omniroute.core.commands import Classification


class CustomerFacts(msgspec.Struct, frozen=True):
    """What the store knows of the sender before this matter. A mere name is no evidence: such a sender is unknown.

    ``matters`` counts the earlier matters over all channels, open and done, up to a limit
    (`omniroute.engine.history.MATTERS_MAX`); ``open_matters`` those of them that are open.
    """

    known: bool = False
    matters: int = 0
    open_matters: int = 0


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a classification may depend on.

    ``instance`` is the channel instance, ``received_ms`` the moment of arrival. ``default`` is what holds if nobody
    says otherwise: take it and change what you know better (`msgspec.structs.replace`). ``queues`` maps the queues that
    there are to their departments.
    """

    instance: str
    interaction: Interaction
    received_ms: int
    default: Classification
    customer: CustomerFacts = CustomerFacts()
    queues: Mapping[str, str] = {}


class PluginClassifier(Protocol):
    """See the module's text."""

    @property
    def name(self) -> str:
        """Says who decided, where people ask why; no other classifier and no rule has it."""
        ...

    def classify(self, facts: Facts) -> Classification | None:
        """Where it belongs, or None where this classifier has nothing to say.

        No queue means the default queue of the department. Priority is within `PRIORITY_MAX` on both sides, tags within
        `TAGS_MAX` and `TAG_CHARS_MAX` (`omniroute.core.intake`). ``rule`` is set by the engine.
        """
        ...
