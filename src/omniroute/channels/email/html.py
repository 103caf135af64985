"""HTML of letters: to text, and to HTML that may be shown.

What lives here: one linear tokenizer and its two users. Tree builders (``selectolax``, ``nh3``) take quadratic time and
memory for misnested formatting and for deep nesting (17 KB → 1 s and 380 MB; 100,000 levels → 78 s), so text never
needs a tree, and ``nh3`` only sees what was flattened here: balanced, of bounded depth, allowed tags only.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator

import nh3

HTML_CHARS_MAX = 512 * 1024
TAGS_MAX = 15_000
"""Beyond, tags are only cut out."""
REFERENCES_MAX = 10_000
"""Of character references (``&amp;``); a text with more is not decoded."""
DEPTH_MAX = 60
FORMATTING_DEPTH_MAX = 8

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,30})((?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+)>")
_ANY_TAG = re.compile(r"<[^<>]*+>")
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]{1,30})\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'>]++)""")
_SPACE = re.compile(r"[ \t\r\n\f\x1e\xa0]+")
_BREAK = "\x1e"
"""A line ends here unless it just has: ``</div><div>`` is one line end, not two."""
_BREAKS = re.compile(r"\n?(?:\x1e[ ]*+)++")
_BLANK_LINES = re.compile(r"\n[ \t]*+(?:\n[ \t]*+)+")
_DROPPED = {"script", "style", "title", "template", "noscript", "textarea", "select", "svg", "math", "iframe", "object"}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "h4",
    "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul",
}  # fmt: skip
_FORMATTING = {"a", "b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u"}
_INLINE = {"span", "sub", "sup", "kbd", "q", "del", "ins", "abbr", "cite"}
_CELLS = {"td", "th", "thead", "tbody", "tfoot", "caption"}
_VOID = {"br", "hr"}
_ALLOWED = (_BLOCKS | _FORMATTING | _INLINE | _CELLS | _VOID) - {"center", "font", "address", "main"}
_ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}, "ol": {"start"}}

Token = tuple[str, str, str]
"""(``text`` | ``open`` | ``close``, text or tag name, attributes)."""


def html_to_text(source: str) -> str:
    """What a person would read, with lines where blocks end. Scripts and styles are dropped, links stay words."""
    out: list[str] = []
    for kind, value, _ in _tokens(source[:HTML_CHARS_MAX]):
        if kind == "text":
            out.append(_SPACE.sub(" ", _unescape(value)))
        elif value in {"p", "blockquote", "h1", "h2", "h3"}:
            out.append("\n\n")
        elif value == "br":
            out.append("\n")
        elif value in _BLOCKS:
            out.append(_BREAK)
        elif value in {"td", "th"} and kind == "close":
            out.append(" ")
    lines = [line.strip() for line in _BREAKS.sub("\n", "".join(out)).split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def sanitize_html(source: str) -> str:
    """HTML fit to be shown in a sandbox: an allow-list of tags, http(s) and mailto links, no images, no styles."""
    return nh3.clean(
        _flatten(source[:HTML_CHARS_MAX]),
        tags=_ALLOWED,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


def _tokens(source: str) -> Iterator[Token]:
    position, tags, end = 0, 0, len(source)
    unclosed: set[str] = set()  # what was searched for once and never ends is not searched for again
    while position < end:
        at = source.find("<", position)
        if at < 0 or tags >= TAGS_MAX:
            rest = source[position:]
            yield "text", _ANY_TAG.sub(" ", rest) if tags >= TAGS_MAX else rest, ""
            return
        if at > position:
            yield "text", source[position:at], ""
        position, token = _markup(source, at, unclosed)
        tags += 1
        if token is not None:
            yield token


def _markup(source: str, at: int, unclosed: set[str]) -> tuple[int, Token | None]:
    """What begins at a ``<``: where it ends, and its token."""
    if source.startswith("<!--", at) and "-->" not in unclosed:
        close = source.find("-->", at + 4)
        if close >= 0:
            return close + 3, None
        unclosed.add("-->")
    if source.startswith(("<!", "<?"), at) and ">" not in unclosed:
        close = source.find(">", at)
        if close >= 0:
            return close + 1, None
        unclosed.add(">")
    found = _TAG.match(source, at)
    if found is None:
        return at + 1, ("text", "<", "")
    name, closing = found[2].lower(), bool(found[1])
    if name in _DROPPED and not closing and name not in unclosed:
        close_tag = re.compile(rf"</{name}\b[^<>]*+>", re.IGNORECASE).search(source, found.end())
        if close_tag is not None:
            return close_tag.end(), None
        unclosed.add(name)
    return found.end(), ("close" if closing else "open", name, found[3])


def _flatten(source: str) -> str:
    """The same, rewritten: balanced and of bounded depth, so that no tree builder needs to repair anything."""
    out: list[str] = []
    stack: list[str] = []
    for kind, value, attributes in _tokens(source):
        if kind == "text":
            out.append(entities.escape(_unescape(value)))
        elif value not in _ALLOWED:
            out.append(" ")
        elif value in _VOID:
            out.append(f"<{value}>")
        elif kind == "close":
            if value in stack:
                _close(out, stack, value)
        else:
            if value in _BLOCKS and "p" in stack:
                _close(out, stack, "p")
            if value in _FORMATTING and sum(name in _FORMATTING for name in stack) >= FORMATTING_DEPTH_MAX:
                continue
            if len(stack) < DEPTH_MAX:
                stack.append(value)
                out.append(f"<{value}{_attributes(value, attributes)}>")
    out.extend(f"</{name}>" for name in reversed(stack))
    return "".join(out)


def _close(out: list[str], stack: list[str], name: str) -> None:
    while stack:
        top = stack.pop()
        out.append(f"</{top}>")
        if top == name:
            return


def _attributes(tag: str, source: str) -> str:
    allowed = _ATTRIBUTES.get(tag)
    if not allowed or "=" not in source:
        return ""
    pairs = ((name.lower(), value.strip("\"'")) for name, value in _ATTRIBUTE.findall(source[:4096]))
    return "".join(f' {name}="{entities.escape(_unescape(v))}"' for name, v in pairs if name in allowed)


def _unescape(text: str) -> str:
    if "&" not in text or text.count("&") > REFERENCES_MAX:
        return text
    try:
        return entities.unescape(text)
    except ValueError:  # a character reference of thousands of digits
        return text
