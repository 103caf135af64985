"""Order lines: the contents of an order, exact sums in integer minor units of its currency, and their words.

What lives here: what lines may be, their total, and how an amount is written. Nothing is rounded: a unit price is whole
minor units, a quantity is whole, so that a total is a sum of products of integers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from omniroute.core.orders import LINES_MAX
from omniroute.engine.cells import OrderCell, OrderLine
from omniroute.errors import InvalidInput

QUANTITY_MAX = 1_000_000
UNIT_MINOR_MAX = 10**12
"""Largest price of one unit, in minor units; a negative price is a reduction."""
SKU_CHARS_MAX, TEXT_CHARS_MAX = 64, 500
_WHOLE = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"),
    *("XAF", "XOF", "XPF"),
)
_THOUSANDTHS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
DIGITS = {**dict.fromkeys(_WHOLE, 0), **dict.fromkeys(_THOUSANDTHS, 3)}
"""Decimal places of the currencies (ISO 4217) that have not two."""
_CURRENCY = re.compile("[A-Z]{3}")


def order_of(currency: str, lines: Sequence[OrderLine]) -> OrderCell:
    """The order of these lines, with its total. Raises `InvalidInput` with the place of what it cannot be."""
    if not _CURRENCY.fullmatch(currency):
        raise InvalidInput("a currency is a code of three capital letters (ISO 4217), like EUR", "currency")
    if len(lines) > LINES_MAX:
        raise InvalidInput(f"an order has at most {LINES_MAX} lines", "lines")
    for place, line in enumerate(lines):
        _check(line, f"lines[{place}]")
    return OrderCell(currency, list(lines), sum(line.quantity * line.unit_minor for line in lines))


def _check(line: OrderLine, path: str) -> None:
    if not 1 <= line.quantity <= QUANTITY_MAX:
        raise InvalidInput(f"a quantity is between 1 and {QUANTITY_MAX}", f"{path}.quantity")
    if abs(line.unit_minor) > UNIT_MINOR_MAX:
        raise InvalidInput(f"a price is at most {UNIT_MINOR_MAX} minor units", f"{path}.unit_minor")
    if len(line.sku) > SKU_CHARS_MAX:
        raise InvalidInput(f"an article number has at most {SKU_CHARS_MAX} characters", f"{path}.sku")
    if not 0 < len(line.text) <= TEXT_CHARS_MAX:
        raise InvalidInput(f"a line says in 1 to {TEXT_CHARS_MAX} characters what is ordered", f"{path}.text")


def digits(currency: str) -> int:
    """The decimal places of a currency."""
    return DIGITS.get(currency, 2)


def amount(minor: int, currency: str) -> str:
    """An amount as people read it: ``-1 234.50 EUR``, ``500 JPY``."""
    places, sign = digits(currency), "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**places)
    grouped = f"{whole:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{sign}{grouped}{f'.{rest:0{places}d}' if places else ''} {currency}"
