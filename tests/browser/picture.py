"""The picture in the README: a real desk of the real demo, with a scene that people of this trade know.

``python -m tests.browser.picture docs/images/desk.png`` makes it anew.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import anyio
import websockets
from playwright.async_api import APIRequestContext, async_playwright, expect
from tests.browser.conftest import FLAGS, chromium
from tests.browser.test_whole import Demo, running_demo, write

LAMP = "The desk lamp came today and its base has a crack right through. I need it for an exhibition on Friday."


class Scene:
    """What happens before the picture is taken, through the public doors."""

    def __init__(self, demo: Demo, api: APIRequestContext) -> None:
        self._demo = demo
        self._api = api

    async def post(self, path: str, **body: Any) -> Any:
        answer = await self._api.post(f"/api/v1{path}", data=body)
        assert answer.ok, await answer.text()
        return await answer.json()

    async def letter(self, *letter: str, **more: str) -> None:
        await anyio.to_thread.run_sync(lambda: write(self._demo, *letter, **more))

    async def accepted(self) -> dict[str, Any]:
        """Wait for the next offer and accept it."""
        while True:
            desk = await (await self._api.get("/api/v1/desk")).json()
            if desk["offers"]:
                offer = desk["offers"][0]
                await self.post(f"/offers/{offer['offer_id']}/accept")
                return offer["item"]
            await anyio.sleep(0.05)

    async def say(self, item: dict[str, Any], text: str) -> None:
        await self.post(f"/conversations/{item['reference']}/replies", text=text)

    async def visitor(self, name: str, text: str) -> websockets.ClientConnection:
        address = self._demo.url.replace("http", "ws", 1) + "/channels/web/ws"
        socket = await websockets.connect(address, origin=websockets.Origin(self._demo.url))
        await socket.send(json.dumps({"type": "hello", "name": name}))
        await socket.recv()
        await socket.send(json.dumps({"type": "message", "id": "first", "text": text}))
        assert json.loads(await socket.recv())["type"] == "ack"
        return socket

    async def newest_answer(self) -> str:
        """The Message-ID of the letter that went out last."""
        while True:
            letters = await (await self._api.get("/demo/mailbox.json")).json()
            if letters and letters[0]["subject"].startswith("Re: Lamp"):
                return str(letters[0]["message_id"])
            await anyio.sleep(0.05)

    async def play(self) -> str:
        """Fill the desk; returns the reference of the matter to show."""
        marta = "Marta Kowalczyk-Lindqvist <marta.kl@atelier-nord.example>"
        await self.letter("Invoice on company name", "Please put our company's name on invoice 20391.", marta)
        item = await self.accepted()
        await self.say(item, "Done, the new one is attached to your account.")
        await self.post(f"/work-items/{item['work_item_id']}/complete", disposition="solved")
        await self.letter("Which bulb fits the floor lamp?", "The lamp says E14.", "Ilkka Räsänen <ilkka@example.fi>")
        await self.say(await self.accepted(), "E14, and at most 40 watts.")
        await self.letter("Change of delivery address", "I am moving.", "Nadia Benali <nadia@example.net>")
        nadia = await self.accepted()
        await self.post(
            f"/work-items/{nadia['work_item_id']}/transfer", department="delivery", note="New address by Friday."
        )
        await self.letter(
            "Invoice 20418 was charged twice", "Please put that right.", "Oyelaran Adebayo <o@example.org>"
        )
        await self.accepted()
        await self.post(
            "/conversations", name="Hélène Marchetti", text="Collects order 11840", subject="Collects order 11840"
        )
        await self.accepted()
        await self.letter(
            "Lamp arrived with a cracked base", f"{LAMP}\nCan you send another one in time?\n\n-- \nAtelier Nord", marta
        )
        lamp = await self.accepted()
        await self.post(
            f"/conversations/{lamp['reference']}/notes",
            text="Three left in the outlet, shelf C4. If none is whole, offer the walnut one.",
        )
        await self.say(lamp, "Good afternoon, Marta. The warehouse has one and is opening the box to look at it.")
        await self.letter(
            "Re: Lamp arrived with a cracked base",
            "Good. Please send it to the gallery and not to my home address.",
            marta,
            answers=await self.newest_answer(),
        )
        self._socket = await self.visitor("Jean-Baptiste Okonkwo", "Is the showroom open on Saturday?")
        return str(lamp["reference"])


async def main(path: str) -> None:
    with tempfile.TemporaryDirectory() as folder, running_demo(Path(folder)) as demo:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            context = await browser.new_context(
                base_url=demo.url, viewport={"width": 1440, "height": 900}, locale="en-GB"
            )
            api = context.request
            scene = Scene(demo, api)
            await scene.post("/login", login="ines", password="lumen-demo")
            await api.put("/api/v1/presence", data={"presence": "available"})
            reference = await scene.play()
            page = await context.new_page()
            await page.goto(f"/desk#{reference}")
            await page.get_by_text("Lamp arrived with a cracked base").first.click()
            await expect(page.get_by_text("Please send it to the gallery").last).to_be_visible()
            await expect(page.get_by_role("button", name="Accept")).to_be_visible()
            await page.get_by_label("Your answer").fill("To the gallery then, before ten on Friday.")
            await page.wait_for_timeout(400)
            await page.screenshot(path=path)
            await browser.close()


if __name__ == "__main__":
    anyio.run(main, sys.argv[1])
