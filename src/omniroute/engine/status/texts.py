"""What customers read about their matter, in English and Russian: sentences, words for stages and kinds, and moments.

What lives here: wording, pure. Other languages fall back to English. Nothing here knows HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

from omniroute.core.rules import Stage

LANGUAGES = ("en", "ru")

KINDS = {
    "en": {"question": "question", "request": "request", "complaint": "complaint", "order": "order"},
    "ru": {"question": "вопрос", "request": "просьба", "complaint": "жалоба", "order": "заказ"},
}
STAGES: dict[str, dict[str, str]] = {
    "en": {Stage.RECEIVED: "received", Stage.IN_PROGRESS: "in progress", Stage.DONE: "done"},
    "ru": {Stage.RECEIVED: "принято", Stage.IN_PROGRESS: "в работе", Stage.DONE: "готово"},
}
SENTENCES: dict[str, dict[str, str]] = {
    "en": {
        "matter": "Your matter {reference} ({kind})",
        "stage": "Stage: {stage}",
        "opened": "Opened: {at}",
        "closed": "Done: {at}",
        "first_response": "What is next: we answer by {at}.",
        "first_response late": "What is next: we wanted to answer by {at} and are late. You are still in our queue.",
        "next_response": "What is next: we answer by {at}.",
        "next_response late": "What is next: we wanted to answer by {at} and are late. You are still in our queue.",
        "resolution": "What is next: it is settled by {at}.",
        "resolution late": "What is next: it was to be settled by {at}, and we are late. We are still at it.",
        "page": "All that has been said, and what is next: {url}",
        "unknown": "We cannot show a status for this reference to you here. Check the reference, and ask from "
        "the address or chat that you wrote to us from.",
        "unknown page": "You can also ask on this page: {url}",
        "footer": "Where your matter {reference} stands: {url}",
        "code": "Your code for the status page is {code}. It is good for {minutes} minutes. If you have not asked "
        "for it, you need do nothing.",
        "code subject": "Code for the status page",
        "subject": "Status",
    },
    "ru": {
        "matter": "Ваше обращение {reference} ({kind})",
        "stage": "Этап: {stage}",
        "opened": "Открыто: {at}",
        "closed": "Готово: {at}",
        "first_response": "Что дальше: мы ответим до {at}.",
        "first_response late": "Что дальше: мы хотели ответить до {at} и опаздываем. Обращение остаётся в очереди.",
        "next_response": "Что дальше: мы ответим до {at}.",
        "next_response late": "Что дальше: мы хотели ответить до {at} и опаздываем. Обращение остаётся в очереди.",
        "resolution": "Что дальше: решим до {at}.",
        "resolution late": "Что дальше: хотели решить до {at} и опаздываем. Мы продолжаем работу.",
        "page": "Вся переписка и что будет дальше: {url}",
        "unknown": "Мы не можем показать вам здесь состояние обращения с таким номером. Проверьте номер и спросите "
        "с того адреса или из того чата, откуда вы нам писали.",
        "unknown page": "Спросить можно и на этой странице: {url}",
        "footer": "Состояние обращения {reference}: {url}",
        "code": "Ваш код для страницы состояния: {code}. Он действует {minutes} минут. Если вы его не запрашивали, "
        "ничего делать не нужно.",
        "code subject": "Код для страницы состояния",
        "subject": "Состояние обращения",
    },
}
_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "ru": ("янв", "фев", "мар", "апр", "мая", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"),
}


def language_of(*wishes: str) -> str:
    """The first wish that there are texts for, as in ``ru`` or ``ru-RU``; English where there is none."""
    known = (wish.lower().replace("_", "-").partition("-")[0] for wish in wishes)
    return next((one for one in known if one in LANGUAGES), "en")


def said(language: str, key: str, **values: object) -> str:
    """A sentence with its values."""
    return SENTENCES[language][key].format(**values)


def word(words: Mapping[str, Mapping[str, str]], language: str, name: str) -> str:
    """The word for a stage or kind; one that the company has named itself is its own word."""
    return words[language].get(name, name.replace("_", " "))


def moment(language: str, at_ms: int, zone: tzinfo = UTC) -> str:
    """A moment for people, with the name of the zone: ``17 Nov 2026, 15:20 CET``."""
    at = datetime.fromtimestamp(at_ms / 1000, zone)
    return f"{at.day} {_MONTHS[language][at.month - 1]} {at.year}, {at:%H:%M} {at:%Z}"
