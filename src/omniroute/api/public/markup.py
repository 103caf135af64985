"""HTML as values: every text is escaped where it is put in, and only what was made here is markup.

What lives here: `tag` and the few things that a page is made of, pure.
"""

from __future__ import annotations

from html import escape

VOID = frozenset({"br", "input", "link", "meta"})


class Html(str):
    """Markup that is right already. Only this module makes it."""

    __slots__ = ()


Child = str | None
"""An `Html` goes in as it is, any other text is escaped, None is left out."""


def tag(tag_name: str, *children: Child, **attributes: str | bool | None) -> Html:
    """An element. ``class_`` is ``class``, ``http_equiv`` is ``http-equiv``; False and None leave an attribute out."""
    start = f"<{tag_name}{''.join(_attribute(name, value) for name, value in attributes.items())}>"
    if tag_name in VOID:
        return Html(start)
    return Html(f"{start}{joined(*children)}</{tag_name}>")


def joined(*children: Child) -> Html:
    """One after the other."""
    return Html("".join(_child(child) for child in children if child is not None))


def document(head: Html, body: Html, language: str) -> str:
    """A whole page."""
    return f"<!doctype html>\n{tag('html', head, body, lang=language)}\n"


def _child(child: str) -> str:
    return child if isinstance(child, Html) else escape(child)


def _attribute(name: str, value: str | bool | None) -> str:
    if value is None or value is False:
        return ""
    shown = name.rstrip("_").replace("_", "-")
    return f" {shown}" if value is True else f' {shown}="{escape(value)}"'
