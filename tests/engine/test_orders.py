"""Order lines: exact sums, and amounts in the words of their currency."""

from __future__ import annotations

import pytest

from omniroute.engine.cells import OrderLine
from omniroute.engine.orders import amount, digits, order_of
from omniroute.errors import InvalidInput


def line(quantity: int = 1, unit_minor: int = 100, *, sku: str = "L-1", text: str = "Lamp") -> OrderLine:
    return OrderLine(sku, text, quantity, unit_minor)


def test_the_total_is_the_exact_sum_of_its_lines():
    order = order_of("EUR", [line(3, 1999), line(1_000_000, 10**12), line(1, -250)])
    assert order.total_minor == 3 * 1999 + 10**18 - 250


def test_an_order_may_have_no_lines_yet():
    assert order_of("EUR", []).total_minor == 0


@pytest.mark.parametrize(
    ("currency", "lines", "place"),
    [
        ("eur", [], "currency"),
        ("EURO", [], "currency"),
        ("E1R", [], "currency"),
        ("EUR\n", [], "currency"),
        ("EUR", [line()] * 201, "lines"),
        ("EUR", [line(0)], "lines[0].quantity"),
        ("EUR", [line(), line(1_000_001)], "lines[1].quantity"),
        ("EUR", [line(1, 10**12 + 1)], "lines[0].unit_minor"),
        ("EUR", [line(1, -(10**12) - 1)], "lines[0].unit_minor"),
        ("EUR", [line(sku="x" * 65)], "lines[0].sku"),
        ("EUR", [line(text="")], "lines[0].text"),
        ("EUR", [line(text="x" * 501)], "lines[0].text"),
    ],
)
def test_what_cannot_be_an_order_is_refused_with_its_place(currency, lines, place):
    with pytest.raises(InvalidInput) as refused:
        order_of(currency, lines)
    assert refused.value.path == place


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (5, "EUR", "0.05 EUR"),
        (123_450, "EUR", "1\u202f234.50 EUR"),
        (-123_450, "EUR", "-1\u202f234.50 EUR"),
        (500, "JPY", "500 JPY"),
        (1_500, "KWD", "1.500 KWD"),
        (0, "USD", "0.00 USD"),
    ],
)
def test_amounts_have_the_decimal_places_of_their_currency(minor, currency, text):
    assert amount(minor, currency) == text


def test_a_currency_that_the_table_does_not_name_has_two_places():
    assert [digits(one) for one in ("JPY", "KWD", "EUR", "XYZ")] == [0, 3, 2, 2]
