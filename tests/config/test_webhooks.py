"""`[webhooks.NAME]`: what is refused, where, and how it is mended."""

from __future__ import annotations

import pytest
from tests.config.company import REGISTRY, change, changed, refused
from tests.sinks.rig import SECRET, SECRET_BYTES

from omniroute import config
from omniroute.errors import ConfigError

RIGHT = {"url": "https://crm.example/hooks", "secret": SECRET}


def test_a_webhook_arrives_as_a_sink():
    parsed = changed(change("webhooks", "crm", to=RIGHT))
    (setup,) = config.sinks(parsed, REGISTRY)
    assert (setup.name, setup.sink.name, setup.options.url) == ("crm", "webhook", RIGHT["url"])
    assert setup.options.key() == SECRET_BYTES


def test_a_secret_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("CRM_SECRET", SECRET)
    parsed = changed(change("webhooks", "crm", to={"url": RIGHT["url"], "secret_env": "CRM_SECRET"}))
    (setup,) = config.sinks(parsed, REGISTRY)
    assert setup.options.key() == SECRET_BYTES


@pytest.mark.parametrize(
    "more",
    [
        {"url": "http://127.0.0.1:9000/", "allow_private": True},
        {"url": "http://localhost:9000/", "allow_private": True},
        {"url": "http://[::1]:9000/", "allow_private": True},
        {"url": "http://crm.example/", "insecure": True},
        {"url": "https://10.0.0.7/", "allow_private": True},
        {"kind": "webhook"},
        {"timeout_s": 30},
    ],
)
def test_what_is_meant_is_taken(more):
    changed(change("webhooks", "crm", to=RIGHT | more))


@pytest.mark.parametrize(
    ("more", "path", "message"),
    [
        ({"url": "ftp://crm.example/"}, ".url", "write an address like"),
        ({"url": "crm.example/hooks"}, ".url", "write an address like"),
        ({"url": "https:///hooks"}, ".url", "write an address like"),
        ({"url": "https://crm.example:99999/"}, ".url", "write an address like"),
        ({"url": "https://crm.example:0/"}, ".url", "write an address like"),
        ({"url": "https://me:word@crm.example/"}, ".url", "without a user"),
        ({"url": "https://crm.example/#a"}, ".url", "fragment"),
        ({"url": "https://0177.0.0.1/"}, ".url", "write an address like"),
        ({"url": "https://[1::2::3]/"}, ".url", "write an address like"),
        ({"url": "https://" + "a" * 3000}, ".url", "length"),
        ({"url": "http://crm.example/"}, ".url", "insecure = true"),
        ({"url": "http://127.0.0.1/"}, ".url", "allow_private = true"),
        ({"url": "https://localhost/"}, ".url", "allow_private = true"),
        ({"url": "https://192.168.0.1/"}, ".url", "allow_private = true"),
        ({"url": "https://169.254.169.254/", "allow_private": True}, ".url", "nobody may be called"),
        ({"url": "https://[fe80::1]/", "allow_private": True}, ".url", "nobody may be called"),
        ({"secret": ""}, ".secret", "give `secret`"),
        ({"secret_env": "CRM_SECRET"}, ".secret_env", "give `secret`"),
        ({"secret": "", "secret_env": "NO_SUCH_SECRET"}, ".secret_env", "the environment has no NO_SUCH_SECRET"),
        ({"secret": "a plain one that is long enough, it seems"}, ".secret", "whsec_"),
        ({"secret": "whsec_c2hvcnQ="}, ".secret", "24 random bytes"),
        ({"secret": "whsec_%%%"}, ".secret", "whsec_"),
        ({"timeout_s": 0}, ".timeout_s", ">= 1"),
        ({"timeout_s": 31}, ".timeout_s", "<= 30"),
        ({"secrt": "x"}, "", "did you mean `secret`?"),
        ({"kind": "webhok"}, ".kind", "did you mean 'webhook'?"),
    ],
)
def test_what_cannot_be_called_or_not_safely_is_refused(more, path, message):
    refused(f"webhooks.crm{path}", message, change("webhooks", "crm", to=RIGHT | more))


def test_a_url_is_needed():
    refused("webhooks.crm", "url", change("webhooks", "crm", to={"secret": SECRET}))


def test_a_name_is_one():
    refused("webhooks.Our CRM", "a name has", change("webhooks", "Our CRM", to=RIGHT))


@pytest.mark.parametrize("more", [{"url": f"ftp://x/{SECRET}"}, {"secret": SECRET[:12]}, {"timeout_s": "x"}])
def test_no_refusal_shows_the_secret(more):
    with pytest.raises(ConfigError) as wrong:
        changed(change("webhooks", "crm", to=RIGHT | more))
    assert SECRET[:12] not in str(wrong.value)
    cause = wrong.value.__cause__
    assert SECRET[:12] not in f"{cause!r}"
