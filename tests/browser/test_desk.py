"""The operator desk in a real browser against `desk_fake`, under the strict CSP. Any CSP violation or script error fails."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, expect
from tests.browser.desk_fake import HOUR, WEB, FakeDesk, Refused, now_ms, serve

from omniroute.api import views as v

pytestmark = [pytest.mark.browser, pytest.mark.anyio]
STATIC = WEB / "static"

# Names for what can be operated, unique ids, no style attributes: the cheap half of what axe asks.
CHECK = """() => {
  const wrong = [];
  const seen = new Set();
  for (const node of document.querySelectorAll("[id]")) { if (seen.has(node.id)) wrong.push("id twice: " + node.id); seen.add(node.id); }
  for (const node of document.querySelectorAll("[style]")) wrong.push("style attribute: " + node.outerHTML.slice(0, 80));
  for (const node of document.querySelectorAll("button, a[href], input, select, textarea, [role=img], iframe, dialog, [role=region]")) {
    if (!node.offsetParent && node.tagName !== "svg") continue;
    const label = node.labels && [...node.labels].map((one) => one.textContent).join(" ");
    const name = node.getAttribute("aria-label") || node.textContent.trim() || node.title || label || node.placeholder;
    if (!name) wrong.push("no name: " + node.outerHTML.slice(0, 120));
  }
  for (const list of document.querySelectorAll("ul, ol")) for (const child of list.children) if (child.tagName !== "LI") wrong.push("in a list: " + child.tagName);
  const h1 = document.querySelectorAll("h1").length;
  if (h1 > 1) wrong.push("h1 " + h1);
  return wrong;
}"""


@contextlib.asynccontextmanager
async def opened(
    browser: Browser, fake: FakeDesk, path: str = "/desk", *, signed_in: bool = True, ready: bool = True, **context: Any
) -> AsyncIterator[Page]:
    """A page of its own at the fake; fails at the end for whatever the console held against us."""
    context.setdefault("viewport", {"width": 1440, "height": 900})
    context.setdefault("locale", "en-GB")
    faults: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # The browser's own line about an HTTP error status or a cut connection is expected where a test causes one.
        if message.type in {"error", "warning"} and not message.text.startswith(
            ("Failed to load resource", "WebSocket connection")
        ):
            faults.append(message.text)

    async with serve(fake) as url:
        made = await browser.new_context(base_url=url, reduced_motion="reduce", **context)
        made.set_default_timeout(5000)
        try:
            if signed_in:
                await made.add_cookies([{"name": "omniroute_session", "value": "ok", "url": url}])
            page = await made.new_page()
            page.on("console", heard)
            page.on("pageerror", lambda error: faults.append(str(error)))
            await page.goto(path)
            if signed_in and ready and path.startswith("/desk"):
                await page.locator(".foot .ps.on").wait_for(state="attached")
            yield page
            assert await page.evaluate(CHECK) == []
        finally:
            await made.close()
    assert faults == []


def bodies(fake: FakeDesk, what: str) -> list[dict[str, Any]]:
    return [json.loads(body) for path, body in fake.asked if re.search(what, path)]


async def test_login_wrong_then_right_leads_to_the_desk(browser: Browser) -> None:
    async with opened(browser, FakeDesk(), signed_in=False) as page:
        await page.wait_for_url("**/login")
        await page.get_by_label("Login").fill("ines")
        await page.get_by_label("Password").fill("wrong")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_have_text("Login and password do not match.")
        await page.get_by_label("Password").fill("demo")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/desk")
        await expect(page.locator(".me")).to_contain_text("Ines Vogel")
        await page.locator(".me").click()
        await page.get_by_role("menuitem", name="Sign out").click()
        await page.wait_for_url("**/login")


async def test_the_list_is_in_order_of_what_breaks_first(browser: Browser) -> None:
    async with opened(browser, FakeDesk()) as page:
        rows = page.locator(".row .nm")
        await expect(rows.first).to_have_text("Oyelaran Adebayo")
        assert (await rows.all_inner_texts())[:5] == [
            "Oyelaran Adebayo", "Visitor 3F7A", "Marta Kowalczyk-Lindqvist", "Jürgen Thalmann-Østergaard", "Hélène Marchetti",
        ]  # fmt: skip
        await expect(page.locator(".row .clk").first).to_have_class(re.compile("bad"))
        await expect(page.locator(".row .clk").first).to_have_text(re.compile(r"^−4:\d\d$"))
        await expect(page.locator(".grp")).to_have_text(
            [re.compile("Due next"), re.compile("Waiting for others"), re.compile("Put aside")]
        )


async def test_the_list_does_not_move_under_the_pointer(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake) as page:
        row = page.locator(".row", has_text="Visitor 3F7A")
        await row.hover()
        due = fake.conversations["8HEL-55VV"].clock
        assert due is not None
        due.due_ms = due.started_ms + 1
        fake.publish()
        moved = page.locator(".row", has_text="Hélène Marchetti")
        await expect(moved.locator(".clk")).to_have_class(re.compile("bad"))
        assert await page.locator(".row .nm").nth(1).inner_text() == "Visitor 3F7A"
        await expect(page.locator(".row .nm").nth(0)).to_have_text("Hélène Marchetti")  # when the hand rests


async def test_offer_is_announced_explained_and_accepted_by_key(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake) as page:
        fake.offer(handoff_from="Tunde Okafor", handoff_note="Leave tonight.")
        card = page.get_by_role("alertdialog")
        await expect(card).to_contain_text("Jean-Baptiste Okonkwo-Saint-Laurent")
        await expect(card).to_contain_text("here 3 times before")
        await expect(card).to_contain_text("Leave tonight.")
        await expect(page.locator("[aria-live=assertive]")).to_contain_text("Offer: Jean-Baptiste")
        await expect(page).to_have_title(re.compile("Offer: Jean-Baptiste"))
        await expect(page.locator(".bar .b-held")).to_have_count(1)
        await card.get_by_role("button", name="Why me?").click()
        await expect(card).to_contain_text("You speak French at level 8")
        await page.keyboard.press("Alt+KeyA")
        await expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Delivery to the wrong branch"))
        await expect(card).to_have_count(0)
        await expect(page.locator(".comp textarea")).to_be_visible()


async def test_offer_that_runs_out_or_is_taken_says_so_in_its_place(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake) as page:
        fake.offer(seconds=0.8)
        await expect(page.locator(".ghost-o")).to_contain_text("The time ran out")
        await expect(page.locator(".ghost-o")).to_have_count(0, timeout=6000)
        second = fake.offer(reference="SEC0-ND00", customer="Πηνελόπη Παπαδοπούλου")
        await page.get_by_role("alertdialog").wait_for()
        fake.offers.remove(second)  # somebody else has it, and no frame has told us yet
        await page.keyboard.press("Alt+KeyA")
        await expect(page.locator(".ghost-o")).to_contain_text("Taken by Tunde Okafor.")


async def test_reply_is_drafted_sent_and_delivered(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake) as page:
        await page.locator(".row", has_text="Marta").click()
        await expect(page.locator(".side .facts")).to_contain_text("Damaged in transit, Vip")
        area = page.get_by_label("Your answer")
        await area.fill("To the gallery then.")
        await expect(page.locator(".foot")).to_contain_text("Draft saved in this browser")
        await page.reload()
        await expect(area).to_have_value("To the gallery then.")
        await area.press("Control+Enter")
        await expect(area).to_have_value("")
        await expect(page.locator(".b.us").last).to_have_text("To the gallery then.")
        await expect(page.locator(".bm.us").last).to_contain_text("delivered")
        assert bodies(fake, r"POST .*/4KX7-9MTD/replies") == [{"text": "To the gallery then."}]
        await area.fill("x" * 2010)
        await expect(page.locator(".comp .hint")).to_have_text("10 characters too many")
        await expect(page.get_by_role("button", name="Send Ctrl")).to_be_disabled()
        fake.says("4KX7-9MTD", "Thank you, that is kind.")
        await expect(page.locator("[aria-live=polite]")).to_contain_text("Thank you, that is kind.")


async def test_refused_reply_keeps_its_text(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake, "/desk#4KX7-9MTD") as page:
        fake.fail_next["replies"] = Refused(422, "invalid", "The address does not exist.")
        await page.get_by_label("Your answer").fill("Where to?")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".pend")).to_contain_text("Not sent: The address does not exist.")
        await page.locator(".pend").get_by_role("button", name="Try again").click()
        await expect(page.locator(".pend")).to_have_count(0)
        await expect(page.locator(".b.us").last).to_have_text("Where to?")


async def test_offline_message_waits_and_leaves_once(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake, "/desk#4KX7-9MTD") as page:
        await page.get_by_label("Your answer").fill("Will this be lost?")
        await page.context.set_offline(True)
        for one in list(fake.sockets):
            await one.close(1001)
        await expect(page.locator(".foot")).to_contain_text("No connection since")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".pend")).to_contain_text("waits for the connection")
        await page.context.set_offline(False)
        await expect(page.locator(".foot .ps.on")).to_be_attached(timeout=8000)
        await expect(page.locator(".pend")).to_have_count(0)
        assert len(bodies(fake, "/replies")) == 1


async def test_note_on_a_russian_layout(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake, "/desk#4KX7-9MTD", locale="ru-RU") as page:
        await page.locator(".comp").wait_for()
        # What a Russian layout sends: the letter is «т», the place on the keyboard is KeyN.
        await page.evaluate(
            "dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyN', key: 'т', bubbles: true, cancelable: true}))"
        )
        area = page.locator(".comp.is-note textarea")
        await expect(area).to_be_focused()
        await page.keyboard.insert_text("Ёлку вернуть на склад")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".noted").last).to_contain_text("Ёлку вернуть на склад")
        assert bodies(fake, "/notes") == [{"text": "Ёлку вернуть на склад"}]
        await expect(page.locator(".noted").last).to_contain_text("Заметка, только для своих")


async def test_keys_walk_the_list_and_never_type(browser: Browser) -> None:
    async with opened(browser, FakeDesk()) as page:
        await page.locator(".row").first.wait_for()
        for _ in range(3):
            await page.keyboard.press("KeyJ")
        await page.keyboard.press("KeyK")
        await expect(page.locator(".row", has_text="Visitor 3F7A")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Is the showroom open")
        await page.keyboard.press("KeyR")
        await expect(page.get_by_label("Your answer")).to_be_focused()
        await page.keyboard.type("JKTW?")
        await expect(page.get_by_label("Your answer")).to_have_value("JKTW?")
        await expect(page.locator("dialog")).to_have_count(0)
        await page.keyboard.press("Escape")
        await page.keyboard.press("Shift+Slash")
        await expect(page.get_by_role("dialog", name="All keys")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog")).to_have_count(0)
        await page.keyboard.press("KeyW")
        await expect(page.get_by_role("dialog")).to_contain_text("was the only candidate")


async def test_transfer_is_pending_and_can_be_cancelled(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake, "/desk#4KX7-9MTD") as page:
        await page.locator(".head").wait_for()
        await page.keyboard.press("KeyT")
        dialog = page.get_by_role("dialog", name="Transfer")
        await dialog.get_by_role("button", name="Transfer").click()
        await expect(dialog.get_by_role("alert")).to_have_text("Choose where it goes.")
        await expect(dialog.locator(".opt", has_text="Accounting")).to_contain_text("closed now")
        await expect(dialog.locator(".opt", has_text="Warehouse")).not_to_contain_text("closed now")
        await dialog.get_by_label(re.compile("Warehouse")).check()
        await expect(dialog.get_by_text("Your capacity is free at once.")).to_be_visible()
        await dialog.get_by_label("Note to colleagues").fill("Is one whole?")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".strip")).to_contain_text("Offered to Warehouse, not yet taken.")
        assert bodies(fake, "/transfer") == [
            {"kind": "cold", "department": "warehouse", "queue": "warehouse-mail", "summary": "Is one whole?"}
        ]
        await page.get_by_role("button", name="Cancel the transfer").click()
        await expect(page.locator(".strip")).to_have_count(0)


async def test_a_question_to_a_colleague_is_listed_with_its_answer_and_stands_in_the_way_of_the_end(
    browser: Browser,
) -> None:
    fake = FakeDesk()
    async with opened(browser, fake, "/desk#4KX7-9MTD") as page:
        await page.locator(".head").wait_for()
        await page.keyboard.press("KeyT")
        dialog = page.get_by_role("dialog", name="Transfer")
        await dialog.get_by_text("Ask", exact=True).first.click()
        await dialog.get_by_label(re.compile("Warehouse")).check()
        await dialog.get_by_label("Person").select_option("tunde")
        await page.keyboard.press("Control+Enter")
        await expect(dialog.get_by_role("alert")).to_have_text("Write the question.")
        await dialog.get_by_label("Question").fill("Is one whole?")
        await page.keyboard.press("Control+Enter")
        await expect(page.get_by_role("region", name="Questions and tasks")).to_contain_text("not yet taken")
        (body,) = bodies(fake, "/transfer")
        assert (body["kind"], body["operator"], "queue" in body) == ("consult", "tunde", False)
        (part,) = fake.conversations["4KX7-9MTD"].parts
        await page.get_by_role("button", name="Finish").first.click()
        dialog = page.get_by_role("dialog", name="Finish")
        await dialog.get_by_role("radio").first.check()
        await page.keyboard.press("Control+Enter")
        await expect(dialog.get_by_role("alert")).to_have_text("1 question or task is open.")
        await page.keyboard.press("Escape")
        part.state, part.holder, part.answer = "answered", "Tunde Okafor", "Yes, two."
        fake.publish("4KX7-9MTD")
        await expect(page.get_by_role("region", name="Questions and tasks")).to_contain_text("Yes, two.")


async def test_send_and_finish_asks_for_the_outcome(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake, "/desk#4KX7-9MTD") as page:
        await page.get_by_label("Your answer").fill("It left today.")
        await page.keyboard.press("Control+Shift+Enter")
        dialog = page.get_by_role("dialog", name="Send and finish")
        await expect(dialog).to_contain_text("It left today.")
        await expect(dialog.get_by_role("radio").first).to_be_focused()  # from here on the keys are heard
        await page.keyboard.press("Digit2")
        await expect(dialog.get_by_label(re.compile("Information given"))).to_be_checked()
        await page.keyboard.press("Control+Enter")
        await expect(dialog).to_have_count(0)
        await expect(page.locator(".row", has_text="Marta")).to_have_count(0)
        assert bodies(fake, "/replies") == [{"text": "It left today."}]
        assert bodies(fake, "/complete") == [{"disposition": "information_given", "messages_seen": 0}]


def in_the_workshop(fake: FakeDesk) -> None:
    """A matter of a kind with a course of its own: something has to be filled in before it goes on."""
    view = fake.conversations["4KX7-9MTD"]
    view.progress = v.ProgressView(
        stage="workshop",
        title="In the workshop",
        waits="part",
        next=[
            v.StageView(stage="looking", title="We are looking"),
            v.StageView(stage="sent", title="Sent back", missing=["parcel"]),
        ],
        ends=[
            v.StageView(stage="refunded", title="Money back", missing=["amount"]),
            v.StageView(stage="solved", title="Repaired"),
            v.StageView(stage="kept", title="Kept as it is"),
        ],
        fields=[v.FieldView(name="parcel", title="Parcel number", type="text")],
    )


async def test_a_stage_that_lacks_something_leads_to_its_field(browser: Browser) -> None:
    fake = FakeDesk()
    in_the_workshop(fake)
    async with opened(browser, fake, "/desk#4KX7-9MTD") as page:
        await page.get_by_role("button", name="In the workshop").click()
        lacking = page.get_by_role("menuitem", name="Sent back")
        await expect(lacking).to_contain_text("needs Parcel number")
        await lacking.click()
        await expect(page.get_by_label("Parcel number")).to_be_focused()
        assert bodies(fake, "/stage") == []


async def test_the_stage_in_which_a_matter_ends_is_chosen(browser: Browser) -> None:
    fake = FakeDesk()
    in_the_workshop(fake)
    async with opened(browser, fake, "/desk#4KX7-9MTD") as page:
        await page.get_by_role("button", name="Finish").click()
        dialog = page.get_by_role("dialog", name="Finish")
        await expect(dialog.get_by_label("Money back")).to_be_disabled()
        await expect(dialog.get_by_label("Repaired")).to_be_checked()
        await dialog.get_by_label("Kept as it is").check()
        await page.keyboard.press("Digit1")
        await page.keyboard.press("Control+Enter")
        await expect(dialog).to_have_count(0)
        assert bodies(fake, "/complete") == [{"disposition": "solved", "messages_seen": 0, "stage": "kept"}]


async def test_call_then_wrap_up(browser: Browser) -> None:
    fake = FakeDesk()
    fake.call()
    async with opened(browser, fake, "/desk#H3WP-62CN") as page:
        await expect(page.get_by_role("region", name="Call")).to_contain_text("+33 1 5550 0842")
        await expect(page.locator(".call-t")).to_have_text(re.compile(r"^4:\d\d$"))
        await page.locator(".comp.is-note textarea").fill("Fitter comes at eight.")
        await page.keyboard.press("Alt+KeyE")
        wrap = page.get_by_role("form", name="Wrap-up")
        await expect(wrap.get_by_label("Notes")).to_have_value("Fitter comes at eight.")
        await wrap.get_by_label("Notes").press("Control+Enter")
        await expect(wrap.get_by_role("alert")).to_have_text("Pick an outcome first.")
        await page.keyboard.press("Digit4")
        await expect(page.locator(".call .ring")).to_be_visible()
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".row", has_text="Jean-Baptiste")).to_have_count(0)
        assert bodies(fake, "/complete") == [
            {"disposition": "call_back_agreed", "messages_seen": 0, "note": "Fitter comes at eight."}
        ]


@pytest.mark.parametrize(("locale", "more"), [("en-GB", "More time"), ("ru-RU", "Ещё время")])
async def test_wrap_up_is_given_more_time_while_it_can_be(browser: Browser, locale: str, more: str) -> None:
    fake = FakeDesk()
    call = fake.call()
    assert call.item is not None
    fake.end_contact(call.item)
    due_ms = call.item.wrap_up_due_ms
    async with opened(browser, fake, "/desk#H3WP-62CN", locale=locale) as page:
        button = page.get_by_role("button", name=more)
        for count in (1, 2, 3):
            async with page.expect_response("**/extend-wrap-up"):
                await button.click()
            assert call.item.wrap_up_due_ms == due_ms + count * 90_000
        await expect(button).to_have_count(0)
        await expect(page.locator(".call .ring")).to_be_visible()
        assert bodies(fake, "/extend-wrap-up") == [{}] * 3


async def test_search_earlier_matter_and_the_way_back(browser: Browser) -> None:
    async with opened(browser, FakeDesk()) as page:
        await page.keyboard.press("Slash")
        await expect(page.get_by_role("combobox")).to_be_focused()  # before, letters are shortcuts
        await page.keyboard.type("cracked")
        await page.get_by_role("option", name=re.compile("4KX7-9MTD")).wait_for()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("cracked base")
        await page.get_by_role("link", name=re.compile("Dimmer hums")).click()
        await expect(page.locator(".readonly")).to_have_text("This matter is done.")
        await expect(page.locator(".comp")).to_have_count(0)
        await page.get_by_role("button", name="Back to the conversation").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("cracked base")


async def test_register_presence_and_formatted_mail(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake) as page:
        await page.get_by_role("button", name="Register").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Name").fill("Ёлкина Ольга")
        await dialog.get_by_label("What it is about").fill("Came to the desk about a shade.")
        await dialog.get_by_label("Kind").select_option("complaint")
        await page.keyboard.press("Control+Enter")
        await expect(dialog).to_have_count(0)
        assert bodies(fake, r"POST /api/v1/conversations$") == [
            {"name": "Ёлкина Ольга", "text": "Came to the desk about a shade.", "kind": "complaint", "language": "en"}
        ]
        await expect(page.locator(".side h2").first).to_have_text("Ёлкина Ольга")
        await page.keyboard.press("KeyP")
        await page.get_by_role("menuitemradio", name="Lunch").click()
        await expect(page.locator(".pres-b")).to_contain_text("Lunch")
        await expect(page.locator(".away-line")).to_contain_text("Nothing new comes to you.")
        assert bodies(fake, "/presence") == [{"presence": "away", "reason": "lunch"}]
        await page.locator(".row", has_text="Marta").click()
        await page.get_by_role("button", name="Show formatted").click()
        frame = page.locator("iframe")
        assert await frame.get_attribute("sandbox") == ""
        await expect(page.frame_locator("iframe").locator("b")).to_have_text("came today")


async def test_language_and_theme_are_kept(browser: Browser) -> None:
    async with opened(browser, FakeDesk(full=False)) as page:
        await expect(page.locator(".list .empty")).to_contain_text("Nothing for you right now")
        await page.locator(".me").click()
        await page.get_by_role("menuitemradio", name="Русский").click()
        await expect(page.locator(".list .empty")).to_contain_text("Сейчас для вас ничего нет")
        await page.locator(".me").click()
        await page.get_by_role("menuitemradio", name="Тёмное").click()
        await page.reload()
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        await expect(page.locator("html")).to_have_attribute("lang", "ru")
        await expect(page.locator(".foot")).to_contain_text("На связи")


async def test_narrow_screen_shows_one_pane(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake, viewport={"width": 390, "height": 844}, has_touch=True) as page:
        await expect(page.locator(".comp")).to_be_hidden()
        fake.offer()
        accept = page.get_by_role("button", name="Accept")
        box = await accept.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        await accept.tap()
        await expect(page.locator(".comp")).to_be_visible()
        await expect(page.locator(".list")).to_be_hidden()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        small = "[...document.querySelectorAll('.comp button, .head .btn')].filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44).length"
        assert await page.evaluate(small) == 0
        await page.get_by_role("button", name="Customer and matter").tap()
        await expect(page.locator(".side")).to_contain_text("+33 1 5550 0842")
        await page.locator(".side-h button").tap()
        await page.locator(".head .back").tap()
        await expect(page.locator(".list")).to_be_visible()


async def test_middle_width_has_a_drawer(browser: Browser) -> None:
    async with opened(browser, FakeDesk(), "/desk#4KX7-9MTD", viewport={"width": 1100, "height": 700}) as page:
        await page.locator(".head").wait_for()
        await expect(page.locator(".side")).to_be_hidden()
        await page.keyboard.press("KeyI")
        await expect(page.locator(".side")).to_contain_text("marta.kl@atelier-nord.example")
        await page.keyboard.press("Escape")
        await expect(page.locator(".side")).to_be_hidden()


async def test_waiting_work_is_taken_from_the_list_and_by_key(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake) as page:
        await page.get_by_role("button", name="Queues").click()
        await page.get_by_role("button", name="Take Nadia Benali").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Change of delivery address"))
        await expect(page.get_by_role("button", name="Take Nadia Benali")).to_have_count(0)
        await page.locator(".row", has_text="Пётр Ёлкин").click()
        strip = page.locator(".wait-s")
        await expect(strip).to_contain_text("Number 3 in the queue, another 4–9 min, right 80 % of the time")
        await expect(strip.locator(".warn-t")).to_have_text("Nobody has french>=6")
        await expect(strip).to_contain_text("12 away, 4 without free capacity")
        await expect(strip).to_contain_text(
            re.compile(r"In 0:2\d: requirement french falls away, billing>=3 is enough, it opens to Sales")
        )
        await expect(strip.get_by_role("button", name="Give to…")).to_have_count(0)
        fake.fail_next["pull"] = Refused(409, "conflict", "you have no room for it")
        await page.keyboard.press("KeyG")
        await expect(page.locator(".toast")).to_contain_text("you have no room for it")
        await page.keyboard.press("KeyG")
        await expect(strip).to_have_count(0)
        await expect(page.locator(".comp textarea")).to_be_visible()
        assert len(bodies(fake, "/pull")) == 3


async def test_a_row_that_has_the_focus_is_taken_by_key(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake) as page:
        await page.get_by_role("button", name="Queues").click()
        await page.locator(".row", has_text="Aoife").focus()
        await page.keyboard.press("KeyG")
        await expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Lost receipt"))
        await expect(page.locator(".head .chip", has_text="Call back")).to_be_visible()


async def test_work_is_put_aside_and_taken_back(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake, "/desk#4KX7-9MTD", timezone_id="Europe/Berlin") as page:
        await page.locator(".head").wait_for()
        await page.keyboard.press("KeyZ")
        dialog = page.get_by_role("dialog", name="Put aside")
        await expect(dialog.get_by_role("radio").first).to_be_focused()
        await page.keyboard.press("Control+Enter")
        await expect(dialog.get_by_role("alert")).to_have_text("Choose until when.")
        await page.keyboard.press("Digit2")
        await expect(dialog.get_by_label("In three hours")).to_be_checked()
        await page.keyboard.press("Control+Enter")
        await expect(dialog).to_have_count(0)
        (body,) = bodies(fake, "/snooze")
        assert abs(body["until_ms"] - now_ms() - 3 * HOUR) < 60_000
        aside = page.get_by_role("region", name="Work list").locator(".row", has_text="Marta")
        await expect(aside.locator(".clk")).to_have_text(re.compile(r"^(?:\w+ )?\d\d:\d\d$"))
        await expect(page.locator(".grp").last).to_have_text(re.compile("Put aside2"))
        await expect(page.get_by_role("heading", level=1)).not_to_contain_text("cracked base")
        await page.locator(".toast").get_by_role("button", name="Open").click()
        await expect(page.locator(".strip")).to_contain_text("By Ines Vogel.")
        await page.get_by_role("button", name="Take it back").click()
        await expect(page.locator(".grp").last).to_have_text(re.compile("Put aside1"))
        await expect(page.locator(".comp textarea")).to_be_visible()


async def test_a_time_of_ones_own_has_to_be_one_to_come(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake, "/desk#4KX7-9MTD", timezone_id="Asia/Tokyo") as page:
        await page.locator(".head").wait_for()
        await page.keyboard.press("KeyZ")
        dialog = page.get_by_role("dialog", name="Put aside")
        await expect(dialog.get_by_role("radio").first).to_be_focused()
        await page.keyboard.press("Digit4")
        when = dialog.locator("input[type=datetime-local]")
        await when.fill("2999-01-01T08:30")
        await page.keyboard.press("Control+Enter")
        await expect(dialog).to_have_count(0)
        assert bodies(fake, "/snooze") == [{"until_ms": 32_472_142_200_000}]


async def test_a_matter_becomes_a_part_of_another_of_its_customer(browser: Browser) -> None:
    fake = FakeDesk()
    into = next(one for one in fake.conversations if one != "4KX7-9MTD")
    marta = fake.conversations["4KX7-9MTD"].customer
    marta.earlier = [
        v.EarlierView(
            reference=into, subject="The same again", icon="mail", stage="in_progress", at_ms=1, disposition=""
        ),
        *marta.earlier,
    ]
    fake.conversations["4KX7-9MTD"].merge_into = [into]
    async with opened(browser, fake, "/desk#4KX7-9MTD") as page:
        await page.locator(".head").wait_for()
        await page.get_by_role("button", name="More").click()
        await page.get_by_role("menuitem", name="Merge into").click()
        dialog = page.get_by_role("dialog", name="Merge into another matter")
        await expect(dialog.get_by_role("radio")).to_have_count(1)
        await expect(dialog.get_by_role("radio")).to_be_checked()
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".toast")).to_contain_text(f"4KX7-9MTD is a part of {into} now.")
        await expect(page.locator(".head .ref")).to_have_text(into)
        assert bodies(fake, "/merge") == [{"into": into}]


async def test_messages_are_split_off_into_a_matter_of_their_own(browser: Browser) -> None:
    fake = FakeDesk()
    view = fake.conversations["4KX7-9MTD"]
    spoken = [one for one in view.entries if one.kind == "message"]
    for number, one in enumerate(spoken, 1):
        one.interaction_id, one.detail = number, "message"
    view.message_count = len(spoken)
    async with opened(browser, fake, "/desk#4KX7-9MTD") as page:
        await page.locator(".head").wait_for()
        await page.get_by_role("button", name="More").click()
        await page.get_by_role("menuitem", name="Split off").click()
        dialog = page.get_by_role("dialog", name="Split messages off")
        await expect(dialog.get_by_role("checkbox")).to_have_count(len(spoken))
        await page.keyboard.press("Control+Enter")
        await expect(dialog.get_by_role("alert")).to_have_text("Choose a message.")
        for box in await dialog.get_by_role("checkbox").all():
            await box.check()
        await page.keyboard.press("Control+Enter")
        await expect(dialog.get_by_role("alert")).to_have_text("One message has to stay.")
        await dialog.get_by_role("checkbox").first.uncheck()
        if len(spoken) > 1:
            await page.keyboard.press("Control+Enter")
            await expect(page.locator(".toast")).to_contain_text("The messages are 9CDE-FGHJ now.")
            assert bodies(fake, "/split") == [{"messages": list(range(2, len(spoken) + 1))}]


async def test_work_is_moved_to_another_queue(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake, "/desk#4KX7-9MTD") as page:
        await page.locator(".head").wait_for()
        await page.keyboard.press("KeyQ")
        dialog = page.get_by_role("dialog", name="Move to another queue")
        await dialog.get_by_label(re.compile("Warehouse")).check()
        await dialog.get_by_label("Reason").fill("a spare part")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".toast")).to_contain_text("It waits in Warehouse")
        assert bodies(fake, "/requeue") == [{"queue": "warehouse-mail", "reason": "a spare part"}]
        await expect(page.locator(".row", has_text="Marta")).to_have_count(0)


async def test_a_supervisor_gives_and_moves_work(browser: Browser) -> None:
    fake = FakeDesk()
    fake.chief = True
    async with opened(browser, fake, "/desk#QUE0-0000") as page:
        await page.get_by_role("button", name="Give to…").click()
        dialog = page.get_by_role("dialog", name="Give to an operator")
        await expect(dialog.get_by_label(re.compile("Omar Haddad"))).to_be_disabled()
        await dialog.get_by_label(re.compile("Tunde Okafor")).check()
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".toast")).to_contain_text("Tunde Okafor has it now.")
        assert bodies(fake, "/force") == [{"operator": "tunde"}]
        await expect(page.locator(".side")).to_contain_text("Tunde Okafor")  # the matter has been read anew
        await page.keyboard.press("KeyO")
        dialog = page.get_by_role("dialog", name="Move to another operator")
        await expect(dialog).to_contain_text("Tunde Okafor holds it.")
        await expect(dialog.get_by_label(re.compile("Tunde Okafor"))).to_have_count(0)
        fake.fail_next["reassign"] = Refused(409, "conflict", "that operator has no room")
        await dialog.get_by_label(re.compile("Ines Vogel")).check()
        await page.keyboard.press("Control+Enter")
        await expect(dialog.get_by_role("alert")).to_have_text("that operator has no room")
        await page.keyboard.press("Control+Enter")
        await expect(dialog).to_have_count(0)
        await expect(page.locator(".row", has_text="Nadia Benali")).to_have_count(1)


async def test_what_is_being_connected_counts_down(browser: Browser) -> None:
    fake = FakeDesk()
    fake.connecting()
    async with opened(browser, fake, "/desk#H3WP-62CN") as page:
        bar = page.get_by_role("region", name="Connecting")
        await expect(bar).to_contain_text(re.compile(r"Connecting, 2\d s"))
        await expect(bar.locator(".ring")).to_be_visible()
        await expect(page.locator(".row", has_text="Jean-Baptiste")).to_contain_text("Connecting")
        await expect(page.get_by_role("button", name="End", exact=True)).to_have_count(0)
        view = fake.conversations["H3WP-62CN"]
        assert view.item is not None
        view.item.state, view.item.contact, view.contact = "assigned", "connected", "connected"
        fake.publish("H3WP-62CN")
        await expect(page.get_by_role("region", name="Call")).to_be_visible()
        await expect(bar).to_have_count(0)


async def test_presence_is_switched_by_channel(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake) as page:
        await page.locator(".list .row").first.wait_for()
        await page.keyboard.press("KeyP")
        phone = page.get_by_role("menuitemcheckbox", name="Phone")
        await expect(phone).to_be_checked()
        await phone.click()
        await expect(phone).not_to_be_checked()  # the menu stays
        assert bodies(fake, "/presence") == [{"presence": "away", "channel": "phone"}]
        await page.keyboard.press("Escape")
        await expect(page.locator(".pres-b .chans")).to_have_attribute("title", "Not for Phone")
        await page.keyboard.press("KeyP")
        await phone.click()
        await expect(phone).to_be_checked()
        assert bodies(fake, "/presence")[1] == {"presence": "available", "channel": "phone"}


async def test_a_lost_connection_says_how_long_the_work_is_kept(browser: Browser) -> None:
    fake = FakeDesk()
    fake.lease_ms = 2_000
    async with opened(browser, fake) as page:
        await page.context.set_offline(True)
        for one in list(fake.sockets):
            await one.close(1001)
        lease = page.locator(".lease")
        await expect(lease).to_contain_text(re.compile(r"You keep your work for [12] seconds?\."))
        await expect(lease).to_contain_text("Calls and chats go back to their queues")
        await page.context.set_offline(False)
        await expect(page.locator(".foot .ps.on")).to_be_attached(timeout=8000)
        await expect(lease).to_have_count(0)


async def test_silent_chats_and_later_work_are_marked(browser: Browser) -> None:
    async with opened(browser, FakeDesk()) as page:
        silent = page.locator(".row", has_text="Visitor 3F7A")
        await expect(silent.locator(".chip", has_text="Silent")).to_be_attached()
        await silent.click()
        await expect(page.locator(".head .chip", has_text="Silent")).to_be_visible()


async def test_work_that_was_given_is_said(browser: Browser) -> None:
    fake = FakeDesk()
    async with opened(browser, fake) as page:
        for kind, detail in (("item_forced", "Sue"), ("item_woken", "message"), ("lease_lost", "")):
            fake.notices.append(
                v.NoticeView(notice_id=fake.next_id(), kind=kind, reference="4KX7-9MTD", detail=detail, at_ms=now_ms())
            )
        fake.publish()
        toasts = page.locator(".toast")
        await expect(toasts.nth(0)).to_contain_text("You were given work: Sue")
        await expect(toasts.nth(1)).to_contain_text("What you put aside is back: the customer has written")
        await expect(toasts.nth(2)).to_contain_text("you are offline")


async def test_why_says_everything_and_why_not_me(browser: Browser) -> None:
    async with opened(browser, FakeDesk(), "/desk#QUE1-0000") as page:
        await page.locator(".head").wait_for()
        await page.keyboard.press("KeyW")
        dialog = page.get_by_role("dialog")
        await expect(dialog.locator(".warn-t")).to_have_text("Nobody has french>=6")
        await expect(dialog).to_contain_text("Moved to Support, Chat, because too many were waiting")
        await expect(dialog).to_contain_text("It had waited 0:35. Expected to take 5:00.")
        await dialog.get_by_role("button", name="Why not me?").click()
        about = dialog.locator(".dec .about")
        await expect(about.nth(0)).to_have_text(
            "Ines Vogel: place 2, idle for 2:00, Константинопольская-Преображенская Анна 9:00"
        )
        await expect(about.nth(1)).to_have_text("Ines Vogel: chosen")
        await expect(dialog).to_contain_text("39 more could have had it.")
        await dialog.get_by_label("Why not…").select_option("om")
        await expect(about.nth(0)).to_have_text(
            "Omar Haddad: not among the best 2 of 41, or one of: 12 away, 3 without free capacity, "
            "2 without the skill french>=6"
        )
        await expect(about.nth(1)).to_have_text("Omar Haddad: declined it or did not answer a moment ago")
        await expect(dialog.locator("p.about").first).to_have_text("Omar Haddad: now without free capacity")


async def test_everything_by_hand_is_there_in_russian(browser: Browser) -> None:
    fake = FakeDesk()
    fake.chief = True
    async with opened(browser, fake, "/desk#QUE1-0000", locale="ru-RU") as page:
        strip = page.locator(".wait-s")
        await expect(strip).to_contain_text("Номер 3 в очереди, ждать ещё 4–9 мин, верно в 80 % случаев")
        await expect(strip.locator(".warn-t")).to_have_text("Ни у кого нет: french>=6")
        await page.keyboard.press("KeyW")
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("Перенесено: очередь не справлялась")
        await expect(dialog).to_contain_text("Первое место из 41: Константинопольская-Преображенская Анна.")
        for name in ("Почему не мне?", "Закрыть"):
            await dialog.get_by_role("button", name=name).click()
        await strip.get_by_role("button", name="Взять").click()
        await expect(strip).to_have_count(0)


async def test_demo_and_quarantine_pages(browser: Browser) -> None:
    async with opened(browser, FakeDesk(), "/demo") as page:
        await expect(page.get_by_role("heading", level=1)).to_have_text("Demo: Lumen Lamps")
        await expect(page.get_by_role("link", name="Open the desk").first).to_have_attribute(
            "href", "/login?login=ines"
        )
        await page.goto("/quarantine")
        await expect(page.get_by_role("row")).to_have_count(3)
        await expect(page.get_by_role("link", name="Download").first).to_have_attribute(
            "href", "/api/v1/quarantine/1/raw"
        )


def test_vendored_files_are_the_pinned_ones() -> None:
    manifest = json.loads((STATIC / "vendor" / "MANIFEST.json").read_text())
    for file in manifest["files"]:
        assert hashlib.sha256((STATIC / "vendor" / file["file"]).read_bytes()).hexdigest() == file["sha256"], file[
            "file"
        ]
        assert (STATIC / "vendor" / file["license_file"]).is_file()
    listed = {file["file"] for file in manifest["files"]}
    assert {path.name for path in (STATIC / "vendor").glob("*.js")} == listed


def test_every_text_is_there_in_both_languages() -> None:
    tables = {}
    for lang in ("en", "ru"):
        text = (STATIC / "i18n" / f"{lang}.js").read_text()
        tables[lang] = set(re.findall(r'(?:^|[,{]) *"?([a-z_]+(?:\.[a-z_]+)*)"?: (?=["{])', text, re.MULTILINE)) - {
            "one",
            "few",
            "many",
            "other",
        }
    # The engine's own sentences are English already; only other languages have words for its events.
    assert tables["en"] == {key for key in tables["ru"] if not key.startswith("sys.")}
    used = set()
    for path in (*STATIC.glob("*.js"), *STATIC.glob("components/*.js")):
        used |= set(re.findall(r'\bt\("([^"]+)"[,)]', path.read_text()))
    assert used - tables["en"] == set()


def test_nothing_in_our_files_needs_a_weaker_csp() -> None:
    for path in (*STATIC.glob("*.js"), *STATIC.glob("components/*.js"), *(WEB / "pages").glob("*.html")):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|dangerouslySet|\beval\(|new Function|\sstyle=|<script>",
            path.read_text(),
        ), path
