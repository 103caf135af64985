"""Confirm, rate, reopen: a page that only shows, a button that acts, one answer for each resolution."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.api.rig import Office, office
from tests.api.test_public_status import link, matter, page, send

from omniroute.api.public.acts import TEXT_CHARS_MAX
from omniroute.api.public.closing import Outcome
from omniroute.engine.links import DAY_MS, Purpose
from omniroute.errors import Busy

ACTS = [Purpose.CONFIRM, Purpose.RATE, Purpose.REOPEN]
FORMS: dict[str, dict[str, str]] = {"confirm": {}, "rate": {"score": "4"}, "reopen": {"text": "Still dark.\r\n"}}


class Closings:
    """Takes every answer once; of resolution 2 it knows nothing any more."""

    def __init__(self) -> None:
        self.taken: list[tuple[Any, ...]] = []
        self.tried = 0

    def _once(self, *answer: Any) -> Outcome:
        self.tried += 1
        if answer[2] == 2:
            return Outcome.PAST
        if answer[:3] in [one[:3] for one in self.taken]:
            return Outcome.ALREADY
        self.taken.append(answer)
        return Outcome.DONE

    async def confirm(self, conversation_id: int, resolution: int) -> Outcome:
        return self._once("confirm", conversation_id, resolution)

    async def rate(self, conversation_id: int, resolution: int, score: int) -> Outcome:
        return self._once("rate", conversation_id, resolution, score)

    async def reopen(self, conversation_id: int, resolution: int, text: str) -> Outcome:
        return self._once("reopen", conversation_id, resolution, text)


def action(text: str, purpose: str) -> str:
    found = re.search(rf'action="(/{purpose}/[\w-]+\?lang=\w+)"', text)
    assert found, text
    return found[1]


@pytest.mark.parametrize("purpose", ACTS)
async def test_looking_at_a_page_does_nothing_and_its_button_does(purpose):
    closings = Closings()
    async with office(closing=closings) as one:
        reference, number = await matter(one)
        before = len(one.events())
        path = link(one, number, purpose, 1)
        for _ in range(3):
            shown = await page(one, path)
            await one.client.head(f"http://office{path}")
            assert shown.status_code == 200
            assert reference in shown.text
        assert (closings.tried, len(one.events())) == (0, before)
        answer = await send(one, action(shown.text, purpose), FORMS[purpose])
        assert answer.status_code == 200
        extra = {"confirm": (), "rate": (4,), "reopen": ("Still dark.",)}[purpose]
        assert closings.taken == [(purpose.value, number, 1, *extra)]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("purpose", ACTS)
async def test_a_second_press_counts_no_more(purpose):
    closings = Closings()
    async with office(closing=closings) as one:
        _, number = await matter(one)
        path = link(one, number, purpose, 1)
        for _ in range(3):
            assert (await send(one, path, FORMS[purpose])).status_code == 200
        assert (len(closings.taken), closings.tried) == (1, 3)


@pytest.mark.parametrize("purpose", ACTS)
async def test_an_earlier_resolution_is_not_asked_about_any_more(purpose):
    closings = Closings()
    async with office(closing=closings) as one:
        _, number = await matter(one)
        answer = await send(one, link(one, number, purpose, 2), FORMS[purpose])
        assert "This is no longer asked" in answer.text
        assert closings.taken == []


async def test_a_second_rating_is_told_that_the_first_counts():
    closings = Closings()
    async with office(closing=closings) as one:
        _, number = await matter(one)
        path = link(one, number, Purpose.RATE, 1)
        assert "We have noted your answer." in (await send(one, path, {"score": "5"})).text
        assert "The first answer counts." in (await send(one, path, {"score": "1"})).text
        assert closings.taken == [("rate", number, 1, 5)]


@pytest.mark.parametrize("purpose", ACTS)
async def test_a_link_is_good_for_its_own_purpose_and_time_only(purpose):
    closings = Closings()
    async with office(closing=closings) as one:
        _, number = await matter(one)
        good = link(one, number, purpose, 1)
        token = good.rpartition("/")[2]
        wrong = [good.replace(purpose, other) for other in Purpose if other is not purpose]
        wrong += [f"/{purpose}/{token[:-1]}", f"/{purpose}/x", link(one, 999, purpose, 1)]
        none = await page(one, f"/{purpose}/" + "A" * 40)
        for path in wrong:
            assert (await page(one, path)).content == none.content
            if not path.startswith("/status"):
                assert (await send(one, path, FORMS[path.split("/")[1]])).status_code == 404
        one.clock.advance(61 * DAY_MS)
        assert (await send(one, good, FORMS[purpose])).status_code == 404
        assert closings.tried == 0


@pytest.mark.parametrize("score", ["", "0", "6", "٣", "4.0", "4 ", "x" * 100])
async def test_a_rating_is_one_to_five(score):
    closings = Closings()
    async with office(closing=closings) as one:
        _, number = await matter(one)
        answer = await send(one, link(one, number, Purpose.RATE, 1), {"score": score})
        assert answer.status_code == 422
        assert "Choose one of the five answers." in answer.text
        assert "checked" not in answer.text, "nothing is chosen before"
        assert closings.tried == 0


async def test_from_confirming_one_comes_to_rating_and_back_to_the_matter():
    closings = Closings()
    async with office(closing=closings) as one:
        _, number = await matter(one)
        confirmed = await send(one, link(one, number, Purpose.CONFIRM, 1))
        rated = await send(one, action(confirmed.text, "rate"), {"score": "3"})
        assert closings.taken == [("confirm", number, 1), ("rate", number, 1, 3)]
        see = re.search(r'href="(/status/[^"]+)"', rated.text)
        assert see
        assert "Your matter is received" in (await page(one, see[1])).text


async def test_from_not_settled_one_comes_to_reopening():
    async with office(closing=Closings()) as one:
        _, number = await matter(one)
        asked = await page(one, link(one, number, Purpose.CONFIRM, 1))
        no = re.search(r'href="(/reopen/[^"]+)"', asked.text)
        assert no
        assert "What is still open?" in (await page(one, no[1])).text


async def test_what_is_written_has_a_bound():
    closings = Closings()
    async with office(closing=closings) as one:
        _, number = await matter(one)
        await send(one, link(one, number, Purpose.REOPEN, 1), {"text": "x" * (TEXT_CHARS_MAX + 1)})
        assert closings.taken[0][3] == "x" * TEXT_CHARS_MAX


async def test_a_form_of_another_site_does_not_act():
    closings = Closings()
    async with office(closing=closings) as one:
        _, number = await matter(one)
        path = link(one, number, Purpose.CONFIRM, 1)
        assert (await send(one, path, **{"sec-fetch-site": "cross-site"})).status_code == 403
        assert closings.tried == 0


async def test_overload_is_said_and_may_be_tried_again():
    class Overloaded(Closings):
        async def confirm(self, conversation_id: int, resolution: int) -> Outcome:
            raise Busy

    async with office(closing=Overloaded()) as one:
        _, number = await matter(one)
        answer = await send(one, link(one, number, Purpose.CONFIRM, 1))
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
        assert "Nothing was changed." in answer.text


async def test_the_engine_takes_the_answers_where_nobody_else_does():
    """The whole way: an operator finishes, the customer confirms, rates, and opens it again with a word."""
    async with office() as one:
        reference, item = await one.matter_of("ann", "lamp")
        await one.right("ann", "POST", f"/work-items/{item}/complete", {"disposition": "solved"})
        (number,) = one.state.closings
        assert (await send(one, link(one, number, "confirm", 1))).status_code == 200
        assert (await send(one, link(one, number, "rate", 1), {"score": "4"})).status_code == 200
        assert one.state.closings[number].score == 4
        await send(one, link(one, number, "reopen", 1), {"text": "The lamp is still dark"})
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        assert view["stage"] == "in_progress"
        assert view["entries"][-1]["text"] or "The lamp is still dark" in [line["text"] for line in view["entries"]]
        assert (await send(one, link(one, number, "confirm", 1))).status_code == 200


async def _every_page(one: Office) -> list[str]:
    _, number = await matter(one)
    paths = ["/status", "/status/code", "/status/x", *(link(one, number, purpose, 1) for purpose in Purpose)]
    russian = [await page(one, f"{path}?lang=ru") for path in paths]
    russian += [await send(one, f"{link(one, number, purpose, 1)}?lang=ru", FORMS[purpose]) for purpose in ACTS]
    return [answer.text for answer in russian]


async def test_in_russian_no_english_is_left():
    async with office(closing=Closings()) as one:
        for text in await _every_page(one):
            words = re.sub(r"<[^>]*>", " ", text.split("</head>")[1])
            allowed = {
                "English",
                "Test",
                "amp",
                "Co",
                "KX",
                "MTD",
                "Lamp",
                "It",
                "flickers",
                "vil",
                "html",
                "UTC",
                "quot",
            }
            reference = re.search(r"Номер (\S{4}-\S{4})", words)
            left = set(re.findall(r"[A-Za-z]{2,}", words.replace(reference[1] if reference else "-", "")))
            assert left <= allowed, left
