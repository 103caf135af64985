from __future__ import annotations

import msgspec
import pytest
from tests.channels.fakes import FakeContext
from tests.channels.webchat.support import SECRET, options

from omniroute.channels.webchat.options import WebchatOptions
from omniroute.channels.webchat.plugin import WebchatChannel, omniroute_channels
from omniroute.errors import ConfigError


def test_the_hook_brings_the_channel() -> None:
    (channel,) = omniroute_channels()
    assert channel.name == "webchat"
    assert channel.capabilities.session
    assert channel.capabilities.cost_units == 2
    assert channel.options_type is WebchatOptions


def test_the_secret_hides_itself() -> None:
    assert SECRET not in repr(options())
    assert SECRET not in str(options())
    assert "Lumen" in repr(options())


def test_misspelt_keys_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="orgins"):
        msgspec.convert({"orgins": []}, WebchatOptions)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"secret": "short"}, "secret"),
        ({"origins": ("self", "https://shop.example/")}, "origins[1]"),
        ({"origins": ("*",)}, "origins[0]"),
        ({"origins": ("null",)}, "origins[0]"),
        ({"origins": ("http://",)}, "origins[0]"),
        ({"origins": ("https://a@b",)}, "origins[0]"),
        ({"origins": ("https://[",)}, "origins[0]"),
    ],
)
def test_wrong_options_name_their_path(changes: dict[str, object], path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        WebchatChannel().open_instance(options(**changes), FakeContext())
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://chat.example:8080", True),
        ("https://chat.example:8080", True),
        ("HTTPS://Shop.Example", True),
        ("https://shop.example:444", False),
        ("http://shop.example", False),
        ("https://shop.example.evil", False),
        ("https://evil/https://shop.example", False),
        ("http://x@chat.example:8080", False),
        ("null", False),
        ("", False),
    ],
)
def test_who_may_open_a_chat(origin: str, allowed: bool) -> None:
    chosen = options(origins=("self", "https://shop.example"))
    assert chosen.allows(origin, "Chat.example:8080") is allowed


def test_an_empty_host_is_not_self() -> None:
    assert not options().allows("", "")
    assert not options().allows("http://", "")
