"""The course of a matter, as screens show it: where it stands, where it can go, and what is filled in.

What lives here: the view. What a field may hold is decided in `engine.fields`.
"""

from __future__ import annotations

from collections.abc import Mapping

from omniroute.api import views
from omniroute.config import Config, FieldSection, StageSection
from omniroute.config.kinds import SHIPPED
from omniroute.core.model import Conversation
from omniroute.core.rules import Stage, StageRule
from omniroute.core.stages import ends, kind_of, missing, present, stage_named
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.journal.contract import Journal


def fields_of(config: Config, kind: str) -> Mapping[str, FieldSection]:
    """The fields of a kind."""
    section = config.kinds.get(kind)
    return section.fields if section else {}


def values_of(journal: Journal, conversation_id: int) -> dict[str, str]:
    """What is filled in, as committed."""
    cell = c.read(journal, c.FIELDS, c.number_key(conversation_id), c.FieldsCell)
    return dict(cell.values) if cell else {}


def progress(config: Config, state: State, journal: Journal, record: Conversation) -> views.ProgressView:
    """Where a matter stands in the course of its kind, where it can go, and what is filled in."""
    rule = kind_of(state, record)
    here = stage_named(rule, record.stage_id) if record.stage is Stage.DONE else present(state, record)
    here = here or StageRule(record.stage.value, record.stage)
    words = _words(config, record.kind)
    word = words.get(here.stage_id, _NO_WORDS)
    onward = [one for one in rule.stages if one.stage_id in here.next and one.phase is not Stage.DONE]
    values = values_of(journal, record.conversation_id)
    return views.ProgressView(
        stage=here.stage_id,
        title=word.title,
        titles=word.titles,
        waits=here.waits,
        next=[_step(one, record, words) for one in onward],
        ends=[_step(one, record, words) for one in ends(rule, here)],
        fields=[
            views.FieldView(
                name=name,
                title=field.title,
                titles=field.titles,
                type=field.type,
                choices=field.choices,
                public=field.public,
                value=values.get(name, ""),
            )
            for name, field in fields_of(config, record.kind).items()
        ],
    )


def kinds(config: Config) -> list[views.KindView]:
    """What matters can be of: our own kinds and those of the file."""
    known = dict.fromkeys(SHIPPED) | config.kinds
    return [
        views.KindView(kind=name, title=section.title if section else "", titles=section.titles if section else {})
        for name, section in known.items()
    ]


_NO_WORDS = StageSection(name="", phase="")


def _step(stage: StageRule, record: Conversation, words: Mapping[str, StageSection]) -> views.StageView:
    word = words.get(stage.stage_id, _NO_WORDS)
    return views.StageView(stage=stage.stage_id, title=word.title, titles=word.titles, missing=missing(stage, record))


def _words(config: Config, kind: str) -> dict[str, StageSection]:
    section = config.kinds.get(kind)
    return {one.name: one for one in section.stages} if section else {}
