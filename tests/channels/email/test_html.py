"""HTML: what is read, what may be shown, and that neither can be made slow."""

from __future__ import annotations

import re
import time

import pytest

from omniroute.channels.email.html import html_to_text, sanitize_html


def test_blocks_are_lines() -> None:
    assert html_to_text("<div>a</div><div>b</div><div><br></div><div>c</div>") == "a\nb\n\nc"
    assert html_to_text("<p>a</p><p>b</p>") == "a\n\nb"
    assert html_to_text("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>") == "a b\nc"


def test_invisible_things_are_dropped() -> None:
    source = "<style>p{}</style><!-- c --><script>x()</script><title>t</title><p onclick='a>b'>seen</p>"
    assert html_to_text(source) == "seen"


def test_broken_html_loses_nothing() -> None:
    assert html_to_text("1 < 2 and <b unclosed") == "1 < 2 and <b unclosed"
    assert html_to_text("<script>never closed") == "never closed"
    assert html_to_text("<!-- never closed") == "<!-- never closed"
    assert "9" in html_to_text("&#" + "9" * 5000 + ";")


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='jav&#x09;ascript:alert(1)'>x</a>",
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "<svg onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<p style='background:url(https://track.example)'>x</p>",
    "<form action=https://evil.example><input name=p></form>",
    "<<b>script>alert(1)<</b>/script>",
    '<a href="x" onmouseover="alert(1)">x</a>',
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<base href=https://evil.example>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<p title='<script>alert(1)</script>'>x</p>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]


SHOWABLE = {"a", "p", "b", "table", "br", "div", "span"}
ATTRIBUTE = re.compile(r'([^\s=]+)="([^"]*)"')


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_active_survives(attack: str) -> None:
    for _, tag, attributes in re.findall(r"<(/?)([^\s>]*)([^>]*)>", sanitize_html(attack)):
        assert tag in SHOWABLE
        for name, value in ATTRIBUTE.findall(attributes):
            assert name in {"href", "rel", "title"}
            assert name != "href" or value.startswith(("https://", "http://", "mailto:", "x"))


def test_harmless_formatting_survives() -> None:
    shown = sanitize_html('<p>Hello <b>you</b>, <a href="https://x.example/?a=1&amp;b=2">see</a></p>')
    assert "<b>you</b>" in shown
    assert 'href="https://x.example/?a=1&amp;b=2"' in shown
    assert "noopener" in shown


BOMBS = {
    "formatting": "<p>" + "".join(f"<b x={n}>" for n in range(2000)) + "</p>" + "<p>x</p>" * 2000,
    "open_p": "<p><b>" * 20_000,
    "depth": "<div>" * 50_000 + "x",
    "tables": "<table><tr><td>" * 20_000,
    "quotes": '<a "' * 50_000,
    "comments": "<!--" * 50_000,
    "styles": "<style>" * 60_000,
    "less": "<" * 100_000,
    "entities": "&lt" * 30_000,
    "attributes": "<a " + "href=x " * 60_000 + ">",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_stay_small(name: str) -> None:
    begin = time.thread_time()
    html_to_text(BOMBS[name])
    assert time.thread_time() - begin < 0.25
    begin = time.thread_time()
    assert len(sanitize_html(BOMBS[name])) < 20 * len(BOMBS[name])
    assert time.thread_time() - begin < 1.5
