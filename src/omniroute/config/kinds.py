"""Kinds of matter: one `KindRule` for each `[kinds.NAME]`, and the refusal of a course that leads nowhere.

What lives here: stages, their order, the fields that they need, and the kinds that there are without a file. A kind
that the file does not define has the plain course of `core.stages`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from omniroute.config.lengths import length_ms
from omniroute.config.names import check_known, check_name, queue_id
from omniroute.config.sections import Config, FieldSection, KindSection, StageSection, TaskSection
from omniroute.core.notices import PHASES
from omniroute.core.progress import FIELDS_MAX
from omniroute.core.rules import KindRule, Stage, StageRule, StageTask
from omniroute.core.stages import CUSTOMER, PART, PLAIN
from omniroute.engine.fields import VALUE_CHARS_MAX, FieldRule, FieldRules
from omniroute.engine.notices.templates import STAGE, shipped
from omniroute.errors import ConfigError

SHIPPED = ("question", "request", "complaint", "order")
"""The kinds that there are without a file."""
CONFIRM_MS = 3 * 24 * 3_600_000
"""How long silence has to last until it confirms, where nobody says; in the time of the queue's calendar."""
TYPES = ("text", "number", "date", "choice", "money")
FOLLOWING = ("on_reply", "on_message", "on_tasks", "on_delay")
"""The stages that follow by themselves."""
_ORDER = list(Stage)


def kind_rules(config: Config) -> tuple[KindRule, ...]:
    """The kinds of the file, and those that we ship and it does not define. Raises `ConfigError`."""
    own = {name: _kind(config, name, section) for name, section in config.kinds.items()}
    plain = {name: KindRule(name, PLAIN.stages, PHASES, CONFIRM_MS) for name in SHIPPED}
    return tuple((plain | own).values())


def field_rules(config: Config) -> FieldRules:
    """What the fields of each kind may hold."""
    return {name: {key: field_rule(field) for key, field in kind.fields.items()} for name, kind in config.kinds.items()}


def field_rule(field: FieldSection) -> FieldRule:
    """What one field may hold."""
    return FieldRule(field.type, tuple(field.choices))


def titles(config: Config) -> Mapping[tuple[str, str], str]:
    """The words for kinds and stages, by language and name; without one the name is its own word."""
    found: dict[tuple[str, str], str] = {}
    for name, kind in config.kinds.items():
        found |= _words(config, name, kind.title, kind.titles)
        for stage in kind.stages:
            found |= _words(config, stage.name, stage.title, stage.titles)
    return found


def _words(config: Config, name: str, title: str, others: Mapping[str, str]) -> dict[tuple[str, str], str]:
    own = {(config.language, name): title} if title else {}
    return own | {(language, name): text for language, text in others.items()}


def _kind(config: Config, name: str, section: KindSection) -> KindRule:
    path = f"kinds.{name}"
    check_name(name, path)
    for place, one in enumerate(section.notices):
        check_known("notice", one, PHASES, f"{path}.notices[{place}]")
    if section.confirm_calendar:
        check_known("calendar", section.confirm_calendar, config.calendars, f"{path}.confirm_calendar")
    if len(section.fields) > FIELDS_MAX:
        raise ConfigError(f"a kind has at most {FIELDS_MAX} fields", f"{path}.fields")
    for key, field in section.fields.items():
        _check_field(key, field, f"{path}.fields.{key}")
    stages = _stages(config, section, path) if section.stages else PLAIN.stages
    return KindRule(
        name,
        stages,
        tuple(section.notices),
        length_ms(section.confirm, f"{path}.confirm"),
        section.confirm_calendar,
        section.lines,
        section.order_system,
    )


def _check_field(name: str, field: FieldSection, path: str) -> None:
    check_name(name, path)
    check_known("type", field.type, TYPES, f"{path}.type")
    if (field.type == "choice") != bool(field.choices):
        raise ConfigError("a choice has its `choices`, and nothing else has", f"{path}.choices")
    for place, one in enumerate(field.choices):
        if one in field.choices[:place]:
            raise ConfigError(f"{one!r} is there already; take it out", f"{path}.choices[{place}]")
        if not one or one != one.strip() or len(one) > VALUE_CHARS_MAX:
            text = f"a choice has 1 to {VALUE_CHARS_MAX} characters, and no space around them"
            raise ConfigError(text, f"{path}.choices[{place}]")


def _stages(config: Config, section: KindSection, path: str) -> tuple[StageRule, ...]:
    names = [one.name for one in section.stages]
    for place, name in enumerate(names):
        check_name(name, f"{path}.stages[{place}].name")
        if name in names[:place]:
            raise ConfigError(f"there is another stage {name!r}; give one another name", f"{path}.stages[{place}].name")
    rules = tuple(
        _stage(config, one, names, section.fields, f"{path}.stages[{place}]")
        for place, one in enumerate(section.stages)
    )
    _refuse_lost(rules, path)
    return rules


def _stage(config: Config, section: StageSection, names: list[str], fields: Iterable[str], path: str) -> StageRule:
    phase = Stage(check_known("phase", section.phase, _ORDER, f"{path}.phase"))
    if section.waits:
        check_known("reason", section.waits, (CUSTOMER, PART), f"{path}.waits")
    for key in FOLLOWING:
        if getattr(section, key):
            check_known("stage", getattr(section, key), names, f"{path}.{key}")
    for key, known, what in (("next", names, "stage"), ("needs", list(fields), "field")):
        for place, one in enumerate(getattr(section, key)):
            check_known(what, one, known, f"{path}.{key}[{place}]")
    if section.notice:
        templates = {*(name for _, name in shipped()), *(name for one in config.templates.values() for name in one)}
        check_known("template", section.notice, templates - {*PHASES} | {STAGE}, f"{path}.notice")
    return StageRule(
        section.name,
        phase,
        tuple(section.next),
        section.waits,
        tuple(section.needs),
        section.on_reply,
        section.on_message,
        section.notice,
        _tasks(config, section, path),
        section.on_tasks,
        section.on_delay,
    )


def _tasks(config: Config, section: StageSection, path: str) -> tuple[StageTask, ...]:
    """The tasks of a stage, which differ in queue or title. Raises `ConfigError`."""
    tasks = tuple(_task(config, one, f"{path}.tasks[{place}]") for place, one in enumerate(section.tasks))
    for key in ("on_tasks", "on_delay"):
        if getattr(section, key) and not tasks:
            raise ConfigError("this stage has no tasks; give it some, or take this out", f"{path}.{key}")
    if tasks and section.phase == Stage.DONE:
        raise ConfigError("what is done has no tasks any more", f"{path}.tasks")
    known = [(one.queue_id, one.title) for one in tasks]
    for place, one in enumerate(known):
        if one in known[:place]:
            raise ConfigError("another task says the same; give it another title", f"{path}.tasks[{place}].title")
    if section.on_delay and not any(one.due_ms for one in tasks):
        raise ConfigError("no task of this stage is ever late; give one a `due`", f"{path}.on_delay")
    return tasks


def _task(config: Config, task: TaskSection, path: str) -> StageTask:
    return StageTask(queue_id(task.queue, config, f"{path}.queue"), length_ms(task.due, f"{path}.due"), task.title)


# ---- courses that lead nowhere


def _refuse_lost(rules: tuple[StageRule, ...], path: str) -> None:
    """Every phase has a stage; from each there is a way to the end, and to each there is one from the beginning."""
    for phase in _ORDER:
        if not any(one.phase is phase for one in rules):
            raise ConfigError(f"no stage has the phase {phase.value!r}; add one", f"{path}.stages")
    known = {one.stage_id: one for one in rules}
    for place, rule in enumerate(rules):
        _refuse_way_back(rule, known, f"{path}.stages[{place}]")
    ends = {one.stage_id for one in rules if one.phase is Stage.DONE}
    leads = _closure(ends, {one.stage_id: [a.stage_id for a in rules if one.stage_id in a.next] for one in rules})
    starts = {next(one.stage_id for one in rules if one.phase is phase) for phase in _ORDER[:2]}
    reached = _closure(starts, {one.stage_id: [*one.next, *(getattr(one, key) for key in FOLLOWING)] for one in rules})
    for place, rule in enumerate(rules):
        where = f"{path}.stages[{place}]"
        if rule.stage_id not in leads:
            raise ConfigError(f"from {rule.stage_id!r} no way leads to a stage that is done", f"{where}.next")
        if rule.stage_id not in reached:
            raise ConfigError(f"nothing leads to {rule.stage_id!r}; name it in `next` of another stage", where)


def _refuse_way_back(rule: StageRule, known: Mapping[str, StageRule], path: str) -> None:
    if rule.phase is Stage.DONE:
        if rule.next or any(getattr(rule, key) for key in FOLLOWING):
            raise ConfigError("a matter that is done goes on only by being opened again; take it out", f"{path}.next")
        return
    ways = [(f"next[{place}]", one) for place, one in enumerate(rule.next)]
    ways += [(key, getattr(rule, key)) for key in FOLLOWING]
    for key, name in ways:
        if name and _ORDER.index(known[name].phase) < _ORDER.index(rule.phase):
            raise ConfigError(f"{name!r} is of an earlier phase; a matter does not go back", f"{path}.{key}")
        if name and key.startswith("on_") and known[name].phase is Stage.DONE:
            raise ConfigError("nothing is done by itself; an operator finishes it", f"{path}.{key}")


def _closure(start: set[str], arrows: Mapping[str, list[str]]) -> set[str]:
    """All that can be reached."""
    found, rest = set(start), list(start)
    while rest:
        for one in arrows[rest.pop()]:
            if one and one not in found:
                found.add(one)
                rest.append(one)
    return found
