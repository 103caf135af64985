"""The console's lines, without a socket."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.channels.console.plugin import ConsoleChannel
from omniroute.channels.console.wire import LineBuffer
from omniroute.channels.contract import RawInput
from omniroute.errors import InvalidInput

CHANNEL = ConsoleChannel()
LIMIT = 8


def raw_of(data: bytes) -> RawInput:
    return RawInput(instance="console", account="console", received_ms=1, data=data)


@given(st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"")), max_size=8), st.data())
def test_however_the_bytes_are_cut_the_lines_are_the_same(lines: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    buffer = LineBuffer(LIMIT)
    found: list[bytes | None] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += buffer.feed(stream[start:end])
    assert found == [line if len(line) <= LIMIT else None for line in lines]


def test_an_endless_line_is_not_kept() -> None:
    buffer = LineBuffer(LIMIT)
    for _ in range(100):
        assert buffer.feed(b"x" * LIMIT) == []
        assert len(buffer._rest) <= LIMIT
    assert buffer.feed(b"\nok\n") == [None, b"ok"]


def test_the_same_id_of_two_people_is_two_lines() -> None:
    def key(**line: str) -> str:
        return CHANNEL.dedup_key(raw_of(msgspec.json.encode({"text": "x"} | line)))

    assert key(**{"from": "a", "id": "1"}) == key(**{"from": "a", "id": "1", "text": "again"})
    assert key(**{"from": "a", "id": "1"}) != key(**{"from": "b", "id": "1"})
    assert key(**{"from": 'a","', "id": "1"}) != key(**{"from": "a", "id": '","1'})
    assert key(**{"from": "a"}) == ""
    assert CHANNEL.dedup_key(raw_of(b"broken")) == ""


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        CHANNEL.normalize(raw_of(data))


@given(st.text(min_size=1, max_size=100), st.text(max_size=50), st.text(max_size=200), st.text(max_size=50))
def test_every_line_becomes_one_message(sender: str, name: str, text: str, line_id: str) -> None:
    raw = raw_of(msgspec.json.encode({"from": sender, "name": name, "text": text, "id": line_id}))
    (interaction,) = CHANNEL.normalize(raw)
    assert (interaction.sender.address, interaction.sender.name) == (sender, name)
    assert (interaction.text, interaction.provider_id) == (text, line_id)
