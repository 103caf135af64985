"""Findings: doubts about a configuration that is right, told to people and refused by nobody.

What lives here: whether the people of the file can serve its queues, now or after a relaxation, and whether its
calendars still open. The file only seeds the people, so what is missing here may be there already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from omniroute.config.calendars import AFTER_DAYS, DAY_MS, intervals
from omniroute.config.channels import cost_units
from omniroute.config.hours import opening_hours
from omniroute.config.names import queue_owners, requirement
from omniroute.config.people import workers
from omniroute.config.queues import queue_path, queue_rules
from omniroute.config.sections import Config, OperatorSection
from omniroute.config.steps import EVERYTHING
from omniroute.core.rules import QueueRule, Relaxation, Requirement
from omniroute.plugins import Registry

People = Mapping[str, OperatorSection]


class Finding(NamedTuple):
    """A doubt, and where in the file it arises."""

    path: str
    text: str


def findings(config: Config, registry: Registry) -> list[Finding]:
    """The doubts about a file that `check` has found right."""
    people = workers(config)
    if not people:
        return [Finding("operators", "the file has no operators: whether its queues can be served was not looked at")]
    found: list[Finding] = []
    for rule in queue_rules(config, registry):
        found += _of_queue(rule, people, queue_owners(config))
    return [*found, *_of_classification(config, people), *_of_capacity(config, people, registry)]


def calendars_asleep(config: Config, now_ms: int) -> Iterator[Finding]:
    """The calendars that are right but do not open again, as far as one is compiled from now on."""
    for name, section in config.calendars.items():
        path = f"calendars.{name}"
        if not intervals(opening_hours(section, path), now_ms, now_ms + AFTER_DAYS * DAY_MS):
            yield Finding(path, f"it does not open within the next {AFTER_DAYS} days; add hours, or days to `open`")


def _of_queue(rule: QueueRule, people: People, owners: Mapping[str, str]) -> Iterator[Finding]:
    """Whether somebody serves the queue, can do what it requires, and has what it prefers."""
    path = queue_path(rule)
    staff = _serving(people, rule.queue_id, owners)
    mended = _mended(rule, people, owners)
    if not staff:
        yield Finding(
            path,
            f"nobody in the file serves this queue; {mended or 'add it to the `departments` or `queues` of somebody'}",
        )
    elif not _able(staff, rule.requirements):
        wanted = " and ".join(map(str, rule.requirements))
        mend = mended or "nothing relaxes it: give somebody the skill, or add a step to `relax`"
        yield Finding(f"{path}.requires", f"nobody who serves this queue has {wanted}; {mend}")
    for place, preferred in enumerate(rule.preferred):
        if staff and not _able(staff, [preferred]):
            yield Finding(
                f"{path}.prefers[{place}]", f"nobody who serves this queue has {preferred}; it changes nothing"
            )


def _serving(people: People, queue_id: str, owners: Mapping[str, str]) -> People:
    return {
        login: person
        for login, person in people.items()
        if owners[queue_id] in person.departments and (not person.queues or queue_id in person.queues)
    }


def _able(people: People, requirements: Iterable[Requirement]) -> bool:
    """Whether somebody meets all of them."""
    wanted = list(requirements)
    return any(all(person.skills.get(one.skill, 0) >= one.level for one in wanted) for person in people.values())


def _mended(rule: QueueRule, people: People, owners: Mapping[str, str]) -> str:
    """From which step of relaxation on somebody can have an item of the queue; empty if from none."""
    wanted, able = {one.skill: one for one in rule.requirements}, dict(_serving(people, rule.queue_id, owners))
    for step in rule.relaxations:
        wanted = _relaxed(wanted, step)
        able |= _added(step, people, owners)
        if _able(able, wanted.values()):
            return f"relaxation mends it after {_shown(step.after_ms)}"
    return ""


def _relaxed(wanted: Mapping[str, Requirement], step: Relaxation) -> dict[str, Requirement]:
    """What is still required after a step."""
    lower = {one.skill: one for one in step.lower}
    return {
        skill: min(one, lower.get(skill, one))
        for skill, one in wanted.items()
        if skill not in step.drop and EVERYTHING not in step.drop
    }


def _added(step: Relaxation, people: People, owners: Mapping[str, str]) -> People:
    """Whom a step adds."""
    added = {login: person for login, person in people.items() if set(person.departments) & set(step.departments)}
    for queue_id in step.queues:
        added |= _serving(people, queue_id, owners)
    return added | {login: people[login] for login in step.operators}


def _shown(length_ms: int) -> str:
    """A length of time as the file writes it."""
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if length_ms % size == 0:
            return f"{length_ms // size}{unit}"
    return f"{length_ms}ms"


def _of_classification(config: Config, people: People) -> Iterator[Finding]:
    """What a rule or a language requires beside the queue, and nobody in the file has."""
    wanted = [
        (f"classify[{place}].then.requires[{number}]", text)
        for place, rule in enumerate(config.classify)
        for number, text in enumerate(rule.then.requires)
    ]
    wanted += [(f"routing.language_skills.{name}", skill) for name, skill in config.routing.language_skills.items()]
    for path, text in wanted:
        one = requirement(text, path)
        if not _able(people, [one]):
            yield Finding(
                path, f"nobody in the file has {one}; give somebody the skill, or let `relax` drop it in the queue"
            )


def _of_capacity(config: Config, people: People, registry: Registry) -> Iterator[Finding]:
    """Who has less room than one item takes of a channel that brings work to their departments."""
    owners = queue_owners(config)
    for name, section in config.channels.items():
        cost = cost_units(name, section, registry)
        fed = {owners[queue] for queue in (section.queue, *section.queues_by_account.values())}
        for login, person in people.items():
            if person.capacity < cost and fed & set(person.departments):
                text = f"an item of channel {name!r} takes {cost} units: {login} with {person.capacity} never gets one"
                yield Finding(f"operators.{login}.capacity", text)
