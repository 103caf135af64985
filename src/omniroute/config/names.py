"""Names in the file, and what an unknown one may have been meant to be.

What lives here: names of departments, queues and skills, requirements like ``billing>=5``, and the nearest right name
for errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from omniroute.config.sections import Config
from omniroute.core.rules import Requirement
from omniroute.errors import ConfigError

LEVEL_MIN, LEVEL_MAX = 1, 10
SHOWN_MAX = 40
"""Names that a complaint lists, where none is near."""
EVERY_SKILL = "all"
"""Not the name of a skill: ``drop all`` means every one."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SKILL = re.compile(r"[\w-]{1,64}")
_REQUIREMENT = re.compile(rf"({_SKILL.pattern})(?:\s*>=\s*(\d{{1,2}}))?")


def near(text: str, known: Iterable[str], quote: str = "'") -> str:
    """The end of a complaint about an unknown name: the nearest right one, or those that there are."""
    names = sorted(known)
    close = get_close_matches(text, names, 1)
    if close:
        return f"; did you mean {quote}{close[0]}{quote}?"
    shown = names if len(names) <= SHOWN_MAX else [*names[:SHOWN_MAX], "…"]
    return f"; there are: {', '.join(shown)}" if names else "; there are none"


def check_known(what: str, text: str, known: Iterable[str], path: str) -> str:
    """The name itself, if it is known. Raises `ConfigError`."""
    names = list(known)
    if text not in names:
        raise ConfigError(f"there is no {what} {text!r}{near(text, names)}", path)
    return text


def check_name(name: str, path: str) -> None:
    """Refuse what no part of the file may be called."""
    if not _NAME.fullmatch(name):
        raise ConfigError("a name has small letters, digits, '.', '_' and '-', at most 64", path)


def check_skill(name: str, path: str) -> None:
    """Refuse what no requirement could ask for."""
    if not _SKILL.fullmatch(name):
        raise ConfigError("the name of a skill has letters, digits, '_' and '-', at most 64", path)
    if name == EVERY_SKILL:
        raise ConfigError(f"{name!r} means every skill in `relax`; give this one another name", path)


def requirement(text: str, path: str) -> Requirement:
    """``"billing>=5"`` to a requirement."""
    found = _REQUIREMENT.fullmatch(text.strip())
    level = int(found.group(2) or LEVEL_MIN) if found else 0
    if not found or not LEVEL_MIN <= level <= LEVEL_MAX:
        raise ConfigError(
            f'{text!r} is not a requirement; write it like "billing>=5" (levels {LEVEL_MIN} to {LEVEL_MAX})', path
        )
    check_skill(found.group(1), path)
    return Requirement(found.group(1), level)


def requirements(texts: Iterable[str], path: str) -> tuple[Requirement, ...]:
    """A list of requirements; an error names the place in the list."""
    return tuple(requirement(text, f"{path}[{place}]") for place, text in enumerate(texts))


def queue_owners(config: Config) -> dict[str, str]:
    """All queues, as ``department.queue``, and the departments that they belong to."""
    return {f"{name}.{queue}": name for name, department in config.departments.items() for queue in department.queues}


def queue_id(text: str, config: Config, path: str) -> str:
    """Check that ``department.queue`` exists."""
    return check_known("queue", text, queue_owners(config), path)


def skills(config: Config) -> set[str]:
    """Every skill that somebody has or that work may require."""
    found = {skill for person in config.operators.values() for skill in person.skills}
    for department in config.departments.values():
        for queue in department.queues.values():
            found |= {text.partition(">")[0].strip() for text in queue.requires}
    for rule in config.classify:
        found |= {text.partition(">")[0].strip() for text in rule.then.requires}
    return found | set(config.routing.language_skills.values())
