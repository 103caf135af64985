"""The conformance check for plugin classifiers: every sentence of `omniroute.classifiers.contract`, tried out.

A classifier's author calls it in a test of their own::

    def test_my_classifier_keeps_the_contract():
        check_classifier(MyClassifier())

What lives here: generated facts, the same in every run, and what is asked of a classifier about them.
"""

from __future__ import annotations

import random
import time

import msgspec

from omniroute.channels.contract import Identity, Interaction
from omniroute.classifiers.contract import CustomerFacts, Facts, PluginClassifier
from omniroute.core.commands import Classification
from omniroute.core.intake import PRIORITY_MAX, TAG_CHARS_MAX, TAGS_MAX, valid_tags
from omniroute.core.model import InteractionKind

FACTS = 200
ANSWER_S_MAX = 0.1
"""What one answer may take, in time of this thread; the daemon wants far less."""
NOW_MS = 1_800_000_000_000

_QUEUES = {"support.general": "support", "support.billing": "support", "sales.shop": "sales"}
_WORDS = ("lamp", "invoice", "Rechnung", "возврат", "4711", "L-2026-11840", "…", "\u0301", "İ", "\n", "")
_LONG = ("a" * 20_000, "\u0301\u0316" * 10_000, "((((" * 5_000, "1-" * 10_000, " " * 20_000)


def check_classifier(classifier: PluginClassifier, *more: Facts) -> None:
    """Raise an `AssertionError`, which says what to mend, unless the classifier keeps its contract.

    ``more`` are facts of the author's own, about which it has something to say; they are asked like the generated ones.
    """
    name: object = classifier.name
    if not isinstance(name, str) or not name:
        raise AssertionError("a classifier needs a name: it says who decided")
    cases = [*more, *generated_facts()]
    first = [_answer(classifier, facts) for facts in cases]
    for facts, before in reversed(list(zip(cases, first, strict=True))):  # in another order, and with other objects
        if _answer(classifier, _copy(facts)) != before:
            raise AssertionError("an answer may depend on nothing but the facts: the same ones gave another answer")


def generated_facts() -> list[Facts]:
    """Facts of every kind: strangers and customers, messages and calls, short, odd and very long texts."""
    chance = random.Random(9)  # noqa: S311 - a fixed world, nothing secret
    return [_facts(chance, _text(chance, number)) for number in range(FACTS)]


def _text(chance: random.Random, number: int) -> str:
    return _LONG[number] if number < len(_LONG) else " ".join(chance.choices(_WORDS, k=chance.randrange(9)))


def _facts(chance: random.Random, text: str) -> Facts:
    known = chance.random() < 0.5
    queue_id = chance.choice(list(_QUEUES))
    interaction = Interaction(
        kind=chance.choice(list(InteractionKind)),
        sender=Identity(chance.choice(("email", "tel", "name")), "kim@example.org", chance.choice(("", "Kim"))),
        account=chance.choice(("", "service@lumen.example")),
        subject=chance.choice((text[:200], "")),
        text=text,
        language=chance.choice(("", "ru")),
        automatic=chance.random() < 0.1,
        fields=chance.choice(({}, {"product": text}, {"department": "sales"}, {"department": "nowhere"})),
    )
    return Facts(
        instance=chance.choice(("mail", "web", "phone")),
        interaction=interaction,
        received_ms=NOW_MS + chance.randrange(10**9),
        default=Classification(_QUEUES[queue_id], queue_id, language=interaction.language),
        customer=CustomerFacts(known, 3 * known, int(known)),
        queues=_QUEUES,
    )


def _answer(classifier: PluginClassifier, facts: Facts) -> Classification | None:
    before = msgspec.msgpack.encode(facts)
    began = time.thread_time()
    try:
        answer: object = classifier.classify(facts)
    except Exception as error:
        raise AssertionError(f"classify raised {error!r} for {facts}") from error
    if time.thread_time() - began > ANSWER_S_MAX:
        raise AssertionError(f"an answer took more than {ANSWER_S_MAX} s: look at a part of the text only")
    if msgspec.msgpack.encode(facts) != before:
        raise AssertionError("classify changed the facts")
    return None if answer is None else _checked(answer)


def _checked(answer: object) -> Classification:
    if not isinstance(answer, Classification):
        raise AssertionError(f"an answer is a Classification or None, not {answer!r}")  # noqa: TRY004
    try:
        msgspec.msgpack.decode(msgspec.msgpack.encode(answer), type=Classification)
    except (msgspec.MsgspecError, TypeError) as error:
        raise AssertionError(f"a field of {answer!r} has the wrong type: {error}") from error
    if not answer.department_id:
        raise AssertionError("an answer names a department")
    if answer.priority is not None and abs(answer.priority) > PRIORITY_MAX:
        raise AssertionError(f"a priority is between -{PRIORITY_MAX} and {PRIORITY_MAX}")
    if not valid_tags(answer.tags):
        raise AssertionError(f"at most {TAGS_MAX} tags of 1 to {TAG_CHARS_MAX} characters")
    return answer


def _copy(facts: Facts) -> Facts:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=Facts)
