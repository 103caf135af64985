"""About stages, fields, and whether a matter is done."""

from __future__ import annotations

from omniroute.core.commands.base import Command
from omniroute.core.model import Conversation


class ChangeStage(Command, frozen=True, kw_only=True, gc=False):
    """Take a matter to another stage of its kind."""

    conversation_id: int
    operator_id: str
    stage_id: str
    by: str = ""


class SetFields(Command, frozen=True, kw_only=True, gc=False):
    """These fields of a matter are filled in now, and no others; their values are contents."""

    conversation_id: int
    operator_id: str
    filled: tuple[str, ...]
    by: str = ""


class ConfirmMatter(Command, frozen=True, kw_only=True, gc=False):
    """The customer says that it is done; of an earlier resolution that means nothing."""

    conversation_id: int
    resolution: int


class RateMatter(Command, frozen=True, kw_only=True, gc=False):
    """The customer rates a resolution, from 1 to 5, once."""

    conversation_id: int
    resolution: int
    score: int


class ReopenMatter(Command, frozen=True, kw_only=True, gc=False):
    """The customer says that it is not done; ``record`` is the closed matter, ``written``: and wrote why."""

    record: Conversation
    resolution: int
    written: bool = False
