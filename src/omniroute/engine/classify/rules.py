"""Rules: in order, the first that matches decides, and those that go on add to it.

What lives here: what a rule gives, how what several give comes together, and compiling rules from the configuration.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from omniroute.core.intake import PRIORITY_MAX, TAG_CHARS_MAX, TAGS_MAX, TIER_CHARS_MAX
from omniroute.core.rules import Requirement
from omniroute.engine.classify.conditions import Case, Condition, compile_when, language
from omniroute.engine.classify.sections import NAME_CHARS_MAX, RULES_MAX, VALUES_MAX, ClassifyRule, Known, Then, near
from omniroute.errors import ConfigError

DEFAULT = "default"
"""Said of what nobody decided; no rule can have the name."""


class Given(msgspec.Struct, frozen=True):
    """What is said of a matter so far; empty means: not said yet. ``names`` are who said it."""

    queue_id: str = ""
    kind: str = ""
    priority: int | None = None
    language: str = ""
    tags: tuple[str, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    preferred: tuple[Requirement, ...] = ()
    names: tuple[str, ...] = ()
    tier: str = ""

    def then(self, later: Given) -> Given:
        """What was said first stays; tags and requirements add up, of one skill the highest level."""
        return Given(
            self.queue_id or later.queue_id,
            self.kind or later.kind,
            later.priority if self.priority is None else self.priority,
            self.language or later.language,
            tuple(dict.fromkeys([*self.tags, *later.tags]))[:TAGS_MAX],
            highest([*self.requirements, *later.requirements]),
            highest([*self.preferred, *later.preferred]),
            (*self.names, *later.names),
            self.tier or later.tier,
        )


def highest(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """One requirement for each skill, in the order of the skills."""
    levels: dict[str, int] = {}
    for one in requirements:
        levels[one.skill] = max(one.level, levels.get(one.skill, 0))
    return tuple(Requirement(skill, level) for skill, level in sorted(levels.items()))


class Rule(msgspec.Struct, frozen=True):
    """A compiled rule."""

    conditions: tuple[Condition, ...]
    given: Given
    go_on: bool = False


def decide(rules: Sequence[Rule], case: Case) -> tuple[Given, bool]:
    """What the rules say, and whether one of them has ended it; otherwise the rest is open."""
    given = Given()
    for rule in rules:
        if all(holds(case) for holds in rule.conditions):
            given = given.then(rule.given)
            if not rule.go_on:
                return given, True
    return given, False


def compile_rules(sections: Sequence[ClassifyRule], known: Known, reserved: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Rules from the configuration. ``reserved`` are names that others have. Raises `ConfigError` with the path."""
    if len(sections) > RULES_MAX:
        raise ConfigError(f"at most {RULES_MAX} rules", "classify")
    taken = {DEFAULT, *reserved}
    rules = []
    for number, section in enumerate(sections):
        path = f"classify[{number}]"
        name = _name(section.name or f"rule {number + 1}", taken, f"{path}.name")
        conditions = compile_when(section.when, f"{path}.when", known)
        given = _given(section.then, f"{path}.then", known, name)
        rules.append(Rule(conditions, given, section.then.go_on))
    return tuple(rules)


def _name(name: str, taken: set[str], path: str) -> str:
    if len(name) > NAME_CHARS_MAX or not name.isprintable() or not name.strip():
        raise ConfigError(f"a name can be read and has at most {NAME_CHARS_MAX} characters", path)
    if name in taken:
        raise ConfigError(f"the name {name!r} is taken", path)
    taken.add(name)
    return name


def _given(then: Then, path: str, known: Known, name: str) -> Given:
    if then == Then(go_on=then.go_on):
        raise ConfigError("a rule says something of the matter", path)
    if then.priority is not None and abs(then.priority) > PRIORITY_MAX:
        raise ConfigError(f"a priority is between -{PRIORITY_MAX} and {PRIORITY_MAX}", f"{path}.priority")
    return Given(
        _queue(then, path, known),
        _code(then.kind, f"{path}.kind"),
        then.priority,
        language(then.language, f"{path}.language") if then.language else "",
        _tags(then.tags, f"{path}.tags"),
        _requirements(then.requires, f"{path}.requires", known),
        _requirements(then.prefers, f"{path}.prefers", known),
        (name,),
        _tier(then.tier, f"{path}.tier"),
    )


def _tier(name: str, path: str) -> str:
    if len(name) > TIER_CHARS_MAX:
        raise ConfigError(f"the name of a tier has at most {TIER_CHARS_MAX} characters", path)
    return name


def _queue(then: Then, path: str, known: Known) -> str:
    """The queue that a rule names, itself or by its department; empty where it names none."""
    if then.queue and then.department:
        raise ConfigError("a queue names its department already: give one of the two", f"{path}.department")
    if then.department:
        if then.department not in known.departments:
            hint = near(then.department, known.departments)
            raise ConfigError(f"there is no department {then.department!r}{hint}", f"{path}.department")
        return known.departments[then.department]
    if then.queue and then.queue not in known.queues:
        raise ConfigError(f"there is no queue {then.queue!r}{near(then.queue, known.queues)}", f"{path}.queue")
    return then.queue


def _code(text: str, path: str) -> str:
    if len(text) > NAME_CHARS_MAX or text != text.strip() or not text.isprintable():
        raise ConfigError(f"a word of at most {NAME_CHARS_MAX} characters", path)
    return text


def _tags(tags: Sequence[str], path: str) -> tuple[str, ...]:
    if len(tags) > TAGS_MAX:
        raise ConfigError(f"at most {TAGS_MAX} tags", path)
    for number, tag in enumerate(tags):
        if not tag.strip() or tag != tag.strip() or not tag.isprintable() or len(tag) > TAG_CHARS_MAX:
            raise ConfigError(f"a tag has 1 to {TAG_CHARS_MAX} characters", f"{path}[{number}]")
    return tuple(dict.fromkeys(tags))


def _requirements(texts: Sequence[str], path: str, known: Known) -> tuple[Requirement, ...]:
    if len(texts) > VALUES_MAX:
        raise ConfigError(f"at most {VALUES_MAX} skills", path)
    return highest(known.requirement(text, f"{path}[{number}]") for number, text in enumerate(texts))
