"""Templates of the file: what may stand in them, and which goes before which."""

from __future__ import annotations

import pytest
from tests.config.company import change, check, company, refused

from omniroute.config.notices import notice_setup
from omniroute.engine.notices.templates import SHIPPED, Template, chosen, filled, shipped, strange_places


@pytest.mark.parametrize(("key", "template"), shipped().items(), ids=lambda one: "-".join(one) if len(one) == 2 else "")
def test_what_we_ship_has_no_strange_places(key, template):
    assert key[0] in SHIPPED
    assert not strange_places(template.text + template.subject)


def test_every_shipped_text_is_there_in_every_language():
    names = {name for _, name in shipped()}
    assert set(shipped()) == {(language, name) for language in SHIPPED for name in names}


def test_a_text_of_the_file_goes_before_ours():
    document = company()
    change("templates", "en", "received", "text", to="Hello, {reference}!")(document)
    setup = notice_setup(check(document))
    assert chosen(setup.templates, ("en",), "received") == Template("Hello, {reference}!")
    assert chosen(setup.templates, ("ru", "en"), "received") == shipped()["ru", "received"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Hello {name}", "stands for nothing; there are: {company}"),
        ("Hello {reference", "stands for nothing"),
        ("Hello {reference.__class__}", "stands for nothing"),
        ("   ", "it says nothing"),
        ("x" * 10_001, "at most 10000 characters"),
    ],
)
def test_what_means_nothing_is_refused(text, message):
    refused("templates.en.received.text", message, change("templates", "en", "received", "text", to=text))


def test_a_line_with_nothing_to_show_is_left_out():
    text = "Hello {company},\n\nsee {status_url}\n\n{promise}\n\nBye"
    assert filled(text, {"company": "Acme", "promise": "soon"}) == "Hello Acme,\n\nsoon\n\nBye"


def test_a_value_is_text_and_no_template():
    assert filled("{company}", {"company": "{reference}", "reference": "secret"}) == "{reference}"


def test_a_language_without_a_text_has_the_company_s_and_then_english():
    templates = {("en", "received"): Template("a"), ("de", "received"): Template("b"), ("en", "stage"): Template("c")}
    assert chosen(templates, ("fr", "de"), "received").text == "b"
    assert chosen(templates, ("fr", "es"), "received").text == "a"
    assert chosen(templates, ("fr", "es"), "packed").text == "c"
