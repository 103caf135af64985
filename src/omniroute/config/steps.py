"""The two little languages of a queue: how its requirements widen (``relax``), and where its work overflows to.

What lives here: one string to one `Relaxation` or `Overflow`, with the names in it checked.
"""

from __future__ import annotations

import re
from itertools import groupby, pairwise
from typing import NamedTuple

from omniroute.config.lengths import bounded, some_length_ms
from omniroute.config.names import (
    EVERY_SKILL,
    check_known,
    check_name,
    near,
    queue_id,
    queue_owners,
    requirement,
    skills,
)
from omniroute.config.people import workers
from omniroute.config.sections import Config, Queue
from omniroute.core.rules import Outcome, Overflow, OverflowCause, Relaxation, Requirement
from omniroute.errors import ConfigError

EVERYTHING = "*"
"""In `Relaxation.drop`: every skill."""
LENGTH_MAX = 100_000
"""The largest number of waiting items that an overflow can name."""

_STEP = re.compile(
    r"after\s+(?P<after>\S+)\s+(?:drop\s+(?P<drop>\S+)|add\s+(?P<what>\S+)\s+(?P<whom>\S+)|(?P<lower>.+))"
)
_OVERFLOW = re.compile(r"(?P<cause>\w+)(?:\s+(?P<limit>\S+))?\s+to\s+(?P<target>\S+)")
_STEP_FORM = (
    'write it like "after 30s drop spanish" (or all), "after 60s billing>=3", "after 90s add department sales" '
    "(or queue sales.shop, or operator ines)"
)
_OVERFLOW_FORM = (
    'write it like "wait 5m to sales.shop", "length 50 to sales.shop", "estimate 10m to callback", '
    '"unstaffed to voicemail", "closed to mail"'
)


def relaxations(config: Config, queue: Queue, path: str) -> tuple[Relaxation, ...]:
    """The steps of ``relax``, those of one moment as one. Raises `ConfigError`."""
    steps = [_relaxation(text, config, f"{path}.relax[{place}]") for place, text in enumerate(queue.relax)]
    for place, (one, following) in enumerate(pairwise(steps), 1):
        if following.after_ms < one.after_ms:
            raise ConfigError("it is earlier than the step before it; put the steps in order", f"{path}.relax[{place}]")
    return tuple(_merged(list(group)) for _, group in groupby(steps, lambda step: step.after_ms))


def _merged(steps: list[Relaxation]) -> Relaxation:
    return Relaxation(
        steps[0].after_ms,
        tuple(name for step in steps for name in step.drop),
        tuple(lower for step in steps for lower in step.lower),
        tuple(name for step in steps for name in step.departments),
        tuple(name for step in steps for name in step.queues),
        tuple(name for step in steps for name in step.operators),
    )


def _relaxation(text: str, config: Config, path: str) -> Relaxation:
    found = _STEP.fullmatch(text.strip())
    if not found:
        raise ConfigError(f"{text!r} is not a step; {_STEP_FORM}", path)
    after_ms = some_length_ms(found["after"], path, "a step")
    if found["drop"]:
        return Relaxation(after_ms, drop=(dropped(found["drop"], config, path),))
    if found["what"]:
        return _widened(after_ms, found["what"], found["whom"], config, path)
    if ">=" not in found["lower"]:
        raise ConfigError(f"{text!r} is not a step; {_STEP_FORM}", path)
    return Relaxation(after_ms, lower=(lowered(found["lower"], config, path),))


def lowered(text: str, config: Config, path: str) -> Requirement:
    """The level that is enough, of a skill that there is."""
    lower = requirement(text, path)
    check_known("skill", lower.skill, skills(config), path)
    return lower


def dropped(skill: str, config: Config, path: str) -> str:
    """A skill that there is, or all of them."""
    return EVERYTHING if skill == EVERY_SKILL else check_known("skill", skill, skills(config), path)


def _widened(after_ms: int, what: str, whom: str, config: Config, path: str) -> Relaxation:
    """Who else may have the item."""
    match what:
        case "department":
            return Relaxation(after_ms, departments=(check_known(what, whom, config.departments, path),))
        case "queue":
            return Relaxation(after_ms, queues=(queue_id(whom, config, path),))
        case "operator":
            return Relaxation(after_ms, operators=(worker(whom, config, path),))
    raise ConfigError(f"{what!r} cannot be added{near(what, ('department', 'queue', 'operator'))}", path)


def worker(login: str, config: Config, path: str, others: tuple[str, ...] = ()) -> str:
    """Somebody who can take work; where the file has no people, whoever is called so. ``others`` may be meant too."""
    people = workers(config)
    if people:
        return check_known("operator", login, (*people, *others), path)
    check_name(login, path)
    return login


def overflows(config: Config, queue: Queue, name: str, path: str) -> tuple[Overflow, ...]:
    """The rules of ``overflow`` in their order. Raises `ConfigError`."""
    rules = tuple(_overflow(text, config, f"{path}.overflow[{place}]") for place, text in enumerate(queue.overflow))
    for place, rule in enumerate(rules):
        if rule.queue_id == name:
            raise ConfigError("a queue cannot overflow to itself; name another", f"{path}.overflow[{place}]")
        if rule.cause is OverflowCause.CLOSED and not queue.calendar:
            raise ConfigError(
                f'without a calendar it never closes; give "{name}" a `calendar`, or take the rule out',
                f"{path}.overflow[{place}]",
            )
    return rules


class _Measure(NamedTuple):
    """What stands between the cause and ``to``: how it is read, and an example for whoever left it out."""

    kind: str
    example: str


_MEASURES = {
    OverflowCause.WAIT: _Measure("length of time", "wait 5m to"),
    OverflowCause.LENGTH: _Measure("number of items", "length 50 to"),
    OverflowCause.ESTIMATE: _Measure("length of time", "estimate 10m to"),
}


def _overflow(text: str, config: Config, path: str) -> Overflow:
    found = _OVERFLOW.fullmatch(text.strip())
    if not found:
        raise ConfigError(f"{text!r} is not an overflow; {_OVERFLOW_FORM}", path)
    cause = OverflowCause(check_known("cause", found["cause"], list(OverflowCause), path))
    limit, target = _limit(cause, found["limit"] or "", path), found["target"]
    if target in list(Outcome):
        return Overflow(cause, limit, outcome=target)
    check_known("queue or outcome", target, [*queue_owners(config), *Outcome], path)
    return Overflow(cause, limit, queue_id=target)


def _limit(cause: OverflowCause, text: str, path: str) -> int:
    measure = _MEASURES.get(cause)
    if measure is None:
        if text:
            raise ConfigError(f'"{cause}" takes no limit; write "{cause} to {Outcome.MAIL}"', path)
        return 0
    if not text:
        raise ConfigError(f'"{cause}" needs a {measure.kind}; write it like "{measure.example} {Outcome.MAIL}"', path)
    if cause is not OverflowCause.LENGTH:
        return some_length_ms(text, path, f'"{cause}"')
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise ConfigError(f'{text!r} is not a {measure.kind}; write it like "{measure.example} {Outcome.MAIL}"', path)
    return bounded(int(text), 1, LENGTH_MAX, path, "a number of items")
