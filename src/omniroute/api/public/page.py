"""What every page for customers looks like, and the headers that it goes out with.

What lives here: the frame around a page, boxes and buttons, pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from starlette.responses import Response

from omniroute.api.public.markup import Child, Html, document, joined, tag
from omniroute.api.public.words import said

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": CSP,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Vary": "Accept-Language",
}
LANGUAGE_NAMES = {"en": "English", "ru": "Русский"}
NOTHING: Mapping[str, str] = MappingProxyType({})
STYLES = ("/static/tokens.css", "/static/public.css")


def page(
    company: str, language: str, title: str, *content: Child, status: int = 200, kept: Mapping[str, str] = NOTHING
) -> Response:
    """A page as it goes out. ``kept`` is what its address keeps when its language is changed."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="robots", content="noindex"),
        tag("title", f"{title}, {company}"),
        tag("link", rel="icon", href="/static/favicon.svg", type="image/svg+xml"),
        *(tag("link", rel="stylesheet", href=style) for style in STYLES),
    )
    body = tag("body", tag("main", _header(company, language, kept), *content, class_="pg"))
    return Response(document(head, body, language), status, {**HEADERS, "Content-Language": language}, "text/html")


def moved(location: str) -> Response:
    """The answer to a form that leads to a page of its own."""
    return Response(status_code=303, headers={**HEADERS, "Location": location})


def box(heading: str, *content: Child) -> Html:
    """Something that belongs together, under its heading."""
    return tag("section", tag("h2", heading), *content, class_="box")


def form(action: str, *content: Child) -> Html:
    """A form; nothing happens before its button is pressed."""
    return tag("form", *content, method="post", action=action, class_="act")


def button(text: str, *, main: bool = True) -> Html:
    """The button of a form."""
    return tag("button", text, type="submit", class_="btn main" if main else "btn")


def field(name: str, label: str, hint: str = "", **attributes: str | bool | None) -> Html:
    """A line to type in, with its label and what helps to fill it."""
    note = tag("small", hint, id=f"{name}-hint") if hint else None
    described = f"{name}-hint" if hint else None
    line = tag("input", id=name, name=name, required=True, aria_describedby=described, **attributes)
    return joined(tag("label", label, for_=name), line, note)


def wrong(text: str) -> Html:
    """What went wrong, said at once to whoever listens."""
    return tag("p", text, class_="wrong", role="alert")


def _header(company: str, language: str, kept: Mapping[str, str]) -> Html:
    links = [
        tag("a", name, href=f"?{urlencode({**kept, 'lang': code})}", lang=code, hreflang=code)
        for code, name in LANGUAGE_NAMES.items()
        if code != language
    ]
    return tag("header", tag("b", company), tag("nav", *links, aria_label=said(language, "language")))
