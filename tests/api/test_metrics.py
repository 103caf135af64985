"""``GET /metrics``: who may read it, its forms, and a broken plugin that is named everywhere."""

from __future__ import annotations

from typing import Any

import anyio
import httpx2
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_text
from structlog.testing import capture_logs
from tests.api.rig import COMPANY, REGISTRY, Office, office, served
from tests.engine.rig import GatedJournal, turns, until

from omniroute.core.commands import SetPresence
from omniroute.core.model import Presence
from omniroute.core.permissions import SYSTEM
from omniroute.core.policy import Policy, Work
from omniroute.errors import JournalFull

GENERAL = "support.general"


def company(metrics: str = "loopback", **queue: Any) -> dict[str, Any]:
    """The company with its metrics for these, and its general queue with changes."""
    departments = dict(COMPANY["departments"])
    queues = departments["support"]["queues"]
    departments["support"] = {**departments["support"], "queues": {"general": {**queues["general"], **queue}}}
    return {**COMPANY, "departments": departments, "server": {**COMPANY["server"], "metrics": metrics}}


async def scrape(one: Office, method: str = "GET", **headers: str) -> httpx2.Response:
    return await one.client.request(method, one.daemon.url + "/metrics", headers=headers)


class TestWhoMayRead:
    @pytest.mark.parametrize("caller", ["127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"])
    async def test_this_machine(self, caller):
        async with office(caller=caller) as one:
            answer = await scrape(one)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize("caller", ["203.0.113.5", "2001:db8::1", "::ffff:203.0.113.5", "10.0.0.1", "testclient"])
    async def test_nobody_else_whoever_they_are(self, caller):
        async with office(caller=caller) as one:
            for who in ("", "root"):
                headers = {"authorization": f"Bearer {(await one.engine_login(who))[0]}"} if who else {}
                answer = await scrape(one, **headers)
                assert answer.status_code == 403
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["code"] == "forbidden"

    @pytest.mark.parametrize("mark", ["Forwarded", "Via", "X-Forwarded-For", "X-Real-IP"])
    async def test_nobody_through_a_proxy_that_says_so(self, mark):
        async with office() as one:
            assert (await scrape(one, **{mark: "127.0.0.1"})).status_code == 403

    async def test_everybody_where_they_are_open(self):
        async with office(company("open"), caller="203.0.113.5") as one:
            assert (await scrape(one, **{"X-Forwarded-For": "203.0.113.6"})).status_code == 200

    async def test_there_is_no_such_page_where_they_are_off(self):
        async with office(company("off")) as one:
            assert (await scrape(one)).status_code == 404

    async def test_they_are_read_only(self):
        async with office() as one:
            assert (await scrape(one, "POST")).status_code == 405

    async def test_over_a_real_socket_as_well(self):
        async with served() as one:
            assert (await scrape(one)).status_code == 200
            assert (await scrape(one, **{"X-Forwarded-For": "203.0.113.5"})).status_code == 403


class TestForm:
    async def test_plain_text_and_open_metrics_by_what_is_accepted(self):
        async with office() as one:
            plain = await scrape(one)
            opened = await scrape(one, accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.1")
            assert plain.headers["content-type"].startswith("text/plain; version=")
            assert opened.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
            names = [family.name for family in plain_text(plain.text)]
            assert names == [family.name for family in open_metrics(opened.text)]
            assert "omniroute_offers_made" in names

    async def test_a_disk_that_takes_back_what_was_read_is_read_anew(self, monkeypatch):
        async with office() as one:
            writer, answers = one.engine.writer, [JournalFull("full"), JournalFull("full"), 7]

            async def barrier() -> int:
                answer = answers.pop(0)
                if isinstance(answer, Exception):
                    raise answer
                return answer

            with monkeypatch.context() as patched:
                patched.setattr(writer, "barrier", barrier)
                assert (await scrape(one)).status_code == 200
                answers += [JournalFull("full")] * 3
                assert (await scrape(one)).status_code == 507

    async def test_they_show_nothing_that_is_not_durable(self):
        journal, seen = GatedJournal(), list[str]()
        async with office(journal=journal) as one:

            async def read() -> None:
                seen.append((await scrape(one)).text)

            journal.hold()
            command = SetPresence(operator_id="ann", presence=Presence.AVAILABLE)
            async with anyio.create_task_group() as group:
                group.start_soon(one.engine.writer.submit, SYSTEM, command)
                await until(lambda: journal.waiting)
                group.start_soon(read)
                await turns()
                assert seen == []
                journal.release()
            assert 'omniroute_operators{presence="available"} 1.0' in seen[0]


class Broken(Policy):
    """A plugin that cannot say how operators stand."""

    name, terms = "broken", ("guess",)

    def standing(self, operator: Any) -> tuple[int, ...]:
        raise KeyError(f"the secret of {operator.operator_id}")


class Lost(Policy):
    """A plugin that cannot say in which order work comes."""

    name = "lost"

    def rank_ms(self, work: Work) -> int:
        raise ZeroDivisionError


PLUGGED = REGISTRY._replace(policies={**REGISTRY.policies, "broken": Broken(), "lost": Lost()})


class TestABrokenPolicy:
    async def failures(self, one: Office, policy: str) -> float | None:
        found: float | None = one.engine.metrics.registry.get_sample_value(
            "omniroute_policy_failures_total", {"policy": policy}
        )
        return found

    async def test_its_item_is_served_and_log_metrics_and_explanation_name_it(self):
        async with office(company(policy="broken"), registry=PLUGGED) as one:
            await one.available("ann")
            with capture_logs() as logs:
                await one.mail()
            (offer,) = (await one.desk("ann"))["offers"]
            (warning,) = [entry for entry in logs if entry["event"] == "policy_failed"]
            assert warning == {
                "event": "policy_failed",
                "log_level": "warning",
                "policy": "broken",
                "place": "decision",
                "queue": GENERAL,
            }
            assert 'omniroute_policy_failures_total{policy="broken"} 1.0' in (await scrape(one)).text
            reference = offer["item"]["reference"]
            view = await one.right("ann", "GET", f"/conversations/{reference}/explanation")
            assert view["decisions"][0]["policy"] == "longest_idle"
            assert "The policy broken failed; the default decided." in view["decisions"][0]["sentence"]
            assert "secret" not in str(logs)

    async def test_it_is_logged_once_a_minute_and_counted_each_time(self):
        async with office(company(policy="broken"), registry=PLUGGED) as one:
            await one.available("ann")
            with capture_logs() as logs:
                await one.mail()
                await one.mail()
                await one.wait(59_999)
                await one.mail()
                assert len([entry for entry in logs if entry["event"] == "policy_failed"]) == 1
                await one.wait(60_000)
                await one.available("ann")
                await one.mail()
            counted = [event for event in logs if event["event"] == "policy_failed"]
            assert len(counted) == 2
            assert (await self.failures(one, "broken") or 0) > 2

    async def test_the_two_kinds_of_places_are_logged_apart(self):
        async with office(company(policy=["lost", "broken"]), registry=PLUGGED) as one:
            await one.available("ann")
            with capture_logs() as logs:
                await one.mail()
            found = [(entry["policy"], entry["place"]) for entry in logs if entry["event"] == "policy_failed"]
            assert found == [("lost", "order of work"), ("broken", "decision")]
            assert await self.failures(one, "lost") == await self.failures(one, "broken") == 1


class Confused:
    """A classifier that fails."""

    name = "confused"

    def classify(self, facts: Any) -> None:
        raise KeyError("secret words")


async def test_a_broken_classifier_is_counted_each_time():
    registry = REGISTRY._replace(classifiers={"confused": Confused()})
    async with office(registry=registry) as one:
        line = 'omniroute_classifier_failures_total{classifier="confused"}'
        assert f"{line} 0.0" in (await scrape(one)).text
        await one.mail()
        await one.mail()
        assert f"{line} 2.0" in (await scrape(one)).text
