"""What the pages for customers say, in English and Russian.

What lives here: wording, pure. Words for kinds, stages and moments are those of the messages, in
`omniroute.engine.status.texts`.
"""

from __future__ import annotations

from omniroute.engine.status.texts import LANGUAGES, language_of

WISHES_MAX = 20
"""Languages of a browser that are looked at."""

PHRASES: dict[str, dict[str, str]] = {
    "en": {
        "language": "Language",
        # the form
        "ask title": "Where does my matter stand?",
        "ask lead": "Tell us its reference. We send a code to the address or chat that we know of it.",
        "reference": "Reference",
        "reference hint": "It stands in our messages and looks like 4KX7-9MTD.",
        "send code": "Send me a code",
        "code title": "Enter the code",
        "code lead": "If there is such a matter, a code is on its way to the address or chat that it came from. "
        "It is good for {minutes} minutes.",
        "code": "Code",
        "code hint": "{digits} digits. After {tries} tries it is over, and you need a new one.",
        "show": "Show the matter",
        "new code": "Ask for a new code",
        "code wrong": "This code is wrong, or it is no longer good.",
        "many title": "Too many tries",
        "many": "Try again in {minutes} min. Links in our messages work all the same.",
        "over title": "This link is not good any more",
        "over": "It has ended, or it is not whole. Ask with the reference of your matter, or use the newest link that "
        "we sent you.",
        "ask": "Ask with the reference",
        "bad title": "That did not reach us whole",
        "bad": "Go back and send it again.",
        "busy title": "We cannot do that just now",
        "busy": "Nothing was changed. Try again in a few minutes.",
        # the matter
        "matter title": "Your matter is {stage}",
        "matter": "Reference {reference}, {kind}",
        "matter about": "Reference {reference}, {kind}: “{subject}”",
        "stages": "Stages of the matter",
        "stage received": "Received",
        "stage in_progress": "In progress",
        "stage done": "Done",
        "next": "What is next",
        "first_response": "We answer by {at}",
        "next_response": "We answer by {at}",
        "resolution": "It is settled by {at}",
        "first_response late": "We wanted to answer by {at} and are late",
        "next_response late": "We wanted to answer by {at} and are late",
        "resolution late": "It was to be settled by {at}, and we are late",
        "late": "Your matter has not been forgotten: it is still open with us.",
        "no promise": "There is no date for the next step",
        "no promise more": "Your matter is open. If something is missing, write to us where you wrote before.",
        "done": "There is nothing left to do",
        "done more": "If something is still open, write to us where you wrote before: the matter opens again.",
        "history": "What was said",
        "nothing said": "Nothing has been written yet.",
        "customer": "You",
        "answer": "We",
        "line reopened": "The matter was opened again",
        "line done": "The matter was done",
        "by mail": "by e-mail",
        "by chat": "in the chat",
        "by visit": "at the desk",
        "attachments": "Attachments",
        "private": "This page is seen only by whoever has this link. Do not pass it on.",
        # what links do
        "confirm title": "Is it settled?",
        "confirm lead": "Then say so, and we will not ask again.",
        "confirm": "Yes, it is settled",
        "not settled": "No, not settled",
        "confirmed title": "Thank you",
        "confirmed": "We have noted that it is settled.",
        "rate title": "How did we do?",
        "rate lead": "One answer, and it counts once.",
        "rate": "Send",
        "score 1": "Very bad",
        "score 2": "Bad",
        "score 3": "Middling",
        "score 4": "Good",
        "score 5": "Very good",
        "score missing": "Choose one of the five answers.",
        "rated title": "Thank you",
        "rated": "We have noted your answer.",
        "reopen title": "What is still open?",
        "reopen lead": "We open the matter again, with all that was said.",
        "reopen text": "In your words",
        "reopen hint": "You may leave this empty.",
        "reopen": "Open it again",
        "reopened title": "Your matter is open again",
        "reopened": "It goes back to whoever knows it, if they can.",
        "already title": "This was answered before",
        "already": "The first answer counts.",
        "past title": "This is no longer asked",
        "past": "The matter has moved on since we sent that link.",
        "see": "See how it stands",
    },
    "ru": {
        "language": "Язык",
        "ask title": "Что с моим обращением?",
        "ask lead": "Укажите его номер. Мы отправим код на известный нам адрес или в чат.",
        "reference": "Номер обращения",
        "reference hint": "Он есть в наших сообщениях и выглядит так: 4KX7-9MTD.",
        "send code": "Отправить код",
        "code title": "Введите код",
        "code lead": "Если такое обращение есть, код уже отправлен на адрес или в чат, откуда оно пришло. "
        "Он действует {minutes} минут.",
        "code": "Код",
        "code hint": "{digits} цифр. После {tries} попыток понадобится новый код.",
        "show": "Показать обращение",
        "new code": "Запросить новый код",
        "code wrong": "Код неверный или больше не действует.",
        "many title": "Слишком много попыток",
        "many": "Попробуйте снова через {minutes} мин. Ссылки из наших сообщений работают и сейчас.",
        "over title": "Ссылка больше не действует",
        "over": "Её срок прошёл, или она скопирована не полностью. Спросите по номеру обращения или откройте самую "
        "новую ссылку из наших сообщений.",
        "ask": "Спросить по номеру",
        "bad title": "Запрос пришёл не полностью",
        "bad": "Вернитесь назад и отправьте ещё раз.",
        "busy title": "Сейчас это не получается",
        "busy": "Ничего не изменилось. Попробуйте снова через несколько минут.",
        "matter title": "Обращение {stage}",
        "matter": "Номер {reference}, {kind}",
        "matter about": "Номер {reference}, {kind}: «{subject}»",
        "stages": "Этапы обращения",
        "stage received": "Принято",
        "stage in_progress": "В работе",
        "stage done": "Готово",
        "next": "Что дальше",
        "first_response": "Мы ответим до {at}",
        "next_response": "Мы ответим до {at}",
        "resolution": "Решим до {at}",
        "first_response late": "Хотели ответить до {at} и опаздываем",
        "next_response late": "Хотели ответить до {at} и опаздываем",
        "resolution late": "Хотели решить до {at} и опаздываем",
        "late": "Обращение не забыто: оно по-прежнему открыто у нас.",
        "no promise": "Срок следующего шага не назначен",
        "no promise more": "Обращение открыто. Если чего-то не хватает, напишите нам туда же, куда писали.",
        "done": "Делать больше ничего не нужно",
        "done more": "Если что-то осталось нерешённым, напишите нам туда же: обращение откроется снова.",
        "history": "Переписка",
        "nothing said": "Пока ничего не написано.",
        "customer": "Вы",
        "answer": "Мы",
        "line reopened": "Обращение открыто снова",
        "line done": "Обращение завершено",
        "by mail": "письмом",
        "by chat": "в чате",
        "by visit": "на стойке",
        "attachments": "Вложения",
        "private": "Страницу видит только тот, у кого есть эта ссылка. Не передавайте её другим.",
        "confirm title": "Вопрос решён?",
        "confirm lead": "Если да, скажите об этом, и больше мы не спросим.",
        "confirm": "Да, решён",
        "not settled": "Нет, не решён",
        "confirmed title": "Спасибо",
        "confirmed": "Мы записали, что вопрос решён.",
        "rate title": "Как мы справились?",
        "rate lead": "Один ответ, он учитывается один раз.",
        "rate": "Отправить",
        "score 1": "Очень плохо",
        "score 2": "Плохо",
        "score 3": "Средне",
        "score 4": "Хорошо",
        "score 5": "Очень хорошо",
        "score missing": "Выберите один из пяти ответов.",
        "rated title": "Спасибо",
        "rated": "Мы записали ваш ответ.",
        "reopen title": "Что осталось нерешённым?",
        "reopen lead": "Мы снова откроем обращение со всей перепиской.",
        "reopen text": "Своими словами",
        "reopen hint": "Можно оставить пустым.",
        "reopen": "Открыть снова",
        "reopened title": "Обращение снова открыто",
        "reopened": "Оно вернётся к тому, кто его знает, если это возможно.",
        "already title": "Ответ уже был",
        "already": "Учитывается первый ответ.",
        "past title": "Об этом больше не спрашивают",
        "past": "С тех пор, как мы отправили ссылку, обращение изменилось.",
        "see": "Посмотреть состояние",
    },
}


def said(language: str, key: str, **values: object) -> str:
    """A phrase with its values."""
    return PHRASES[language][key].format(**values)


def language_for(wished: str, accepted: str) -> str:
    """The language that was chosen on the page, or the first one that the browser asks for and we have."""
    if wished in LANGUAGES:
        return wished
    ranked = [_ranked(part) for part in accepted.split(",")[:WISHES_MAX]]
    return language_of(*(name for weight, name in sorted(ranked, key=lambda one: -one[0]) if weight > 0))


def _ranked(part: str) -> tuple[float, str]:
    name, _, weight = part.partition(";")
    try:
        return float(weight.strip().removeprefix("q=") or 1), name.strip()
    except ValueError:
        return 0.0, name.strip()
