"""Why somebody got work and others did not, in words; English, the screens translate what they have words for.

What lives here: pure wording over decisions, reasons and the terms of policies. Events are worded in `names`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from omniroute.core.events import Decision

REASONS = {
    "department": "in another department or queue",
    "presence:offline": "offline",
    "presence:away": "away",
    "presence:draining": "draining",
    "channel_presence": "not available on this channel",
    "wrap_up": "writing up",
    "offers_pending": "with offers to answer",
    "capacity": "without room",
    "reserved": "kept free for something larger",
    "channel_max": "with as much of this channel as allowed",
    "exclusive": "held by work that allows nothing beside it",
    "backoff": "who declined or missed it just now",
    "sticky_hold": "for whom it is not kept",
    "batch_window": "while the queue collects work",
}
LACKING = ("department", "skill")
"""Reasons that no hour changes: heads of what `reason_text` takes."""


def reason_text(reason: str) -> str:
    """An exclusion in words."""
    head, _, rest = reason.partition(":")
    if head == "skill":
        return f"without {rest}"
    return REASONS.get(reason) or REASONS.get(head) or reason.replace("_", " ")


def excluded_text(excluded: Mapping[str, int]) -> str:
    """Counts of exclusions in words."""
    return ", ".join(f"{count} {reason_text(reason)}" for reason, count in excluded.items())


def is_lacking(reason: str) -> bool:
    """Whether the reason holds whatever the hour."""
    return reason.partition(":")[0] in LACKING


def duration(length_ms: int) -> str:
    """A length of time in its two greatest units."""
    minutes, seconds = divmod(max(0, length_ms) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")) if n]
    return " ".join(parts[:2]) or "0 s"


# ---- decisions
def decision_text(decision: Decision, chosen: str, names: Mapping[str, str]) -> list[str]:
    """Why this operator, in a few sentences."""
    who = names.get(chosen, chosen)
    if decision.trigger == "channel":
        return [f"{who} had picked up, as the channel told us."]
    sentences = [_came(decision.trigger), _first(decision, who)]
    if decision.relaxed:
        sentences.append(f"Requirements had been relaxed {_times(decision.relaxed)}.")
    if decision.excluded:
        sentences.append(f"Not considered: {excluded_text(decision.excluded)}.")
    if decision.failed_policy:
        sentences.append(f"The policy {decision.failed_policy} failed; the default decided.")
    return sentences


def _came(trigger: str) -> str:
    if trigger == "batch":
        return "Work had been collected and was matched at once."
    return "The work was new." if trigger == "item" else "Somebody had become free, and this work was next."


def _first(decision: Decision, who: str) -> str:
    count = decision.eligible or len(decision.candidates)
    if count == 1:
        return f"{who} was the only one who could take it."
    chosen = "was chosen" if decision.trigger == "batch" else "came first"
    return f"{who} {chosen} of {count} by {policy_text(decision.policy)}."


def policy_text(policy: str) -> str:
    """The name of a policy, or of several that follow one another."""
    return policy.replace("+", ", then ").replace("_", " ")


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


# ---- terms
def term_text(name: str, value: int, at_ms: int) -> str:
    """A term of a policy by its name; an instant as the time that had passed since then."""
    if name.endswith("_since_ms"):
        return f"{_label(name)} {duration(at_ms - value)}"
    return f"{_label(name)} {_value(name, value, at_ms)}"


def difference(terms: Sequence[str], theirs: Sequence[int], chosen: Sequence[int], who: str, at_ms: int) -> str:
    """The first term in which somebody stood behind (or beside) whoever was chosen, in words."""
    for name, mine, other in zip(terms, theirs, chosen, strict=False):
        if mine != other:
            return f"{_compared(name, mine, at_ms)}, {who} {_value(name, other, at_ms)}"
    return f"equal in every term; {who} came first by the order of ids"


def _compared(name: str, value: int, at_ms: int) -> str:
    return f"{_label(name)} {_value(name, value, at_ms)}"


def _label(name: str) -> str:
    return name.removeprefix("minus_").removesuffix("_since_ms").removesuffix("_permille").replace("_", " ")


def _value(name: str, value: int, at_ms: int) -> str:
    if name.endswith("_since_ms"):
        return f"for {duration(at_ms - value)}"
    if name.startswith("minus_"):
        return str(-value)
    return f"{value / 10:g} %" if name.endswith("_permille") else str(value)


def listed(parts: Iterable[str]) -> str:
    """Parts of a sentence that are not empty."""
    return ", ".join(filter(None, parts))
