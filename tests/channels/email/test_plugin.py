"""The plugin's registration and its options."""

from __future__ import annotations

from typing import Any

import msgspec
import pluggy
import pytest
from tests.channels.email.helpers import raw
from tests.channels.fakes import FakeContext

from omniroute.channels.email import plugin
from omniroute.channels.email.options import EmailOptions, split_listen
from omniroute.hookspecs import Hooks


def configured(**options: Any) -> EmailOptions:
    return msgspec.convert({"addresses": ["a@b.example"], **options}, EmailOptions)


def test_registers_through_the_hook() -> None:
    manager = pluggy.PluginManager("omniroute")
    manager.add_hookspecs(Hooks)
    manager.register(plugin)
    manager.check_pending()
    ((channel,),) = manager.hook.omniroute_channels()
    assert channel.name == "email"
    assert not channel.capabilities.realtime
    assert channel.options_type is EmailOptions
    assert channel.open_instance(configured(), FakeContext()).routes() == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"addresses": []}, "at least one"),
        ({"addresses": ["not an address"]}, "no mail address"),
        ({"listen": "8025"}, "127.0.0.1:8025"),
        ({"listen": "host:99999"}, "127.0.0.1:8025"),
        ({"recipients_max": 0}, "recipients_max"),
        ({"session_timeout_s": 0}, "session_timeout_s"),
        ({"tls_cert": "x"}, "both or none"),
        ({"relay_user": "u", "relay_tls": "none", "relay_host": "mail.example"}, "needs relay_tls"),
        ({"relay_tls": "maybe"}, "Invalid enum value"),
        ({"adresses": []}, "unknown field"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        configured(**options)


def test_secrets_hide() -> None:
    options = configured(relay_user="u", relay_password="hunter2", secret="canary")
    assert "hunter2" not in f"{options} {options!r}"
    assert "canary" not in f"{options} {options!r}"
    assert options.key("mail") != configured().key("mail")


def test_addresses_are_canonical() -> None:
    options = configured(addresses=["Support@Shop.Example "])
    assert options.addresses == ["support@shop.example"]
    assert options.sender == "support@shop.example"


def test_listen() -> None:
    assert split_listen("[::1]:25") == ("::1", 25)
    assert split_listen("0.0.0.0:0") == ("0.0.0.0", 0)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"Message-ID: <a@b>\r\n\r\n", "<a@b>"),
        (b"From: x\nmessage-id:\n <a@b>\n\n", "<a@b>"),
        (b"From: x\r\n\r\nMessage-ID: <a@b>\r\n", ""),
        (b"\r\nMessage-ID: <a@b>\r\n", ""),
        (b"X-Message-ID: <a@b>\r\n\r\n", ""),
        (b"X: " + b"y" * 70_000 + b"\r\nMessage-ID: <a@b>\r\n\r\n", ""),
        (b"", ""),
    ],
)
def test_dedup_key(data: bytes, key: str) -> None:
    assert plugin.EmailChannel().dedup_key(raw(data)) == key
