from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.channels.webchat.frames import FRAME_BYTES_MAX, Pong, Problem, Wait
from omniroute.channels.webchat.protocol import (
    BAD_FRAMES_MAX,
    FRAMES_PER_MESSAGE,
    TRANSITIONS,
    Bucket,
    ChatSession,
    End,
    Greet,
    Nothing,
    Say,
    State,
    Take,
)

FRAMES = {
    "Hello": '{"type":"hello"}',
    "Message": '{"type":"message","id":"a","text":"hi"}',
    "Typing": '{"type":"typing"}',
    "Ping": '{"type":"ping"}',
}


def session(state: State = State.OPEN, chars_max: int = 8000, per_minute: int = 60) -> ChatSession:
    made = ChatSession(chars_max, per_minute, now_ms=0)
    if state is not State.GREETING:
        made.feed(FRAMES["Hello"], 0)
    return made


def message(**fields: object) -> str:
    return json.dumps({"type": "message", "id": "a", "text": "hi", **fields})


def code(action: object) -> str:
    assert isinstance(action, Say)
    assert isinstance(action.frame, Problem)
    return action.frame.code


def test_hello_opens_the_session() -> None:
    chat = session(State.GREETING)
    action = chat.feed('{"type":"hello","token":"t","after":7}', 0)
    assert isinstance(action, Greet)
    assert (action.hello.token, action.hello.after) == ("t", 7)
    assert chat.state is State.OPEN


@pytest.mark.parametrize("state", [State.GREETING, State.OPEN])
@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_outside_the_table_is_refused_and_changes_nothing(state: State, name: str) -> None:
    allowed = {(s, frame.__name__) for s, frame in TRANSITIONS}
    chat = session(state)
    action = chat.feed(FRAMES[name], 0)
    if (state, name) in allowed:
        assert not (isinstance(action, Say) and isinstance(action.frame, Problem))
    else:
        assert code(action) == "unexpected"
        assert chat.state is state


def test_a_message_is_cleaned_and_carries_name_and_mail() -> None:
    chat = session(State.GREETING)
    chat.feed('{"type":"hello","name":"Marta","email":"m@example.org"}', 0)
    action = chat.feed(message(text=" a\u0000\r\nb\u202e "), 0)
    assert isinstance(action, Take)
    kept = action.message
    assert (kept.id, kept.text, kept.name, kept.email) == ("a", "a\nb", "Marta", "m@example.org")


def test_the_name_beside_a_message_is_newer_than_that_of_hello() -> None:
    action = session().feed(message(name="Marta"), 0)
    assert isinstance(action, Take)
    assert action.message.name == "Marta"


def test_errors_name_the_message() -> None:
    chat = session(chars_max=3)
    for text, expected in ((" \u0000 ", "empty"), ("four", "too_large")):
        action = chat.feed(message(text=text, id="m1"), 0)
        assert code(action) == expected
        assert isinstance(action, Say)
        assert isinstance(action.frame, Problem)
        assert action.frame.id == "m1"


@pytest.mark.parametrize("id_", ["", "x" * 65, "a b", "a:b", "a\n", 7, None])
def test_ids_of_messages_are_short_and_plain(id_: object) -> None:
    assert code(session().feed(message(id=id_), 0)) == "invalid_input"


@pytest.mark.parametrize(
    "data",
    [b"", "", b"\xff", "\ud800", "[]", "7", "{}", '{"type":"welcome"}', '{"type":"ping","more":1}', '{"type":7}',
     '{"a":' + "[" * 30_000 + "]" * 30_000 + ',"type":"ping"}', '{"type":"hello","after":-1}'],
    ids=range(12),
)  # fmt: skip
def test_frames_out_of_schema_are_typed_errors(data: str | bytes) -> None:
    chat = session(State.GREETING)
    assert code(chat.feed(data, 0)) == "invalid_input"
    assert isinstance(chat.feed(FRAMES["Hello"], 0), Greet)


def test_twenty_bad_frames_in_a_row_end_the_session() -> None:
    chat = session(per_minute=1000)
    for _ in range(BAD_FRAMES_MAX - 1):
        assert isinstance(chat.feed("?", 0), Say)
    assert chat.feed(FRAMES["Ping"], 0) == Say(Pong())
    for _ in range(BAD_FRAMES_MAX - 1):
        assert isinstance(chat.feed("?", 0), Say)
    ending = chat.feed("?", 0)
    assert isinstance(ending, End)
    assert ending.code == 1008
    assert chat.feed(FRAMES["Ping"], 0) == Nothing()


def test_a_frame_over_the_limit_ends_the_session() -> None:
    ending = session().feed("x" * (FRAME_BYTES_MAX + 1), 0)
    assert isinstance(ending, End)
    assert ending.code == 1009


def test_messages_over_the_rate_wait_and_keep_their_id() -> None:
    chat = session(per_minute=2)
    assert isinstance(chat.feed(message(id="1"), 0), Take)
    assert isinstance(chat.feed(message(id="2"), 0), Take)
    assert chat.feed(message(id="3"), 0) == Say(Wait(id="3", retry_after_s=31))
    assert isinstance(chat.feed(message(id="3"), 30_000), Take)


def test_a_flood_of_good_frames_is_refused_and_then_ended() -> None:
    chat = session(per_minute=1)
    for _ in range(FRAMES_PER_MESSAGE - 1):
        assert chat.feed(FRAMES["Typing"], 0) == Nothing()
    for _ in range(BAD_FRAMES_MAX - 1):
        assert code(chat.feed(FRAMES["Typing"], 0)) == "rate"
    assert isinstance(chat.feed(FRAMES["Typing"], 0), End)


def test_a_bucket_does_not_mind_a_clock_that_goes_back() -> None:
    bucket = Bucket(1, now_ms=1000)
    assert bucket.take(500) == 0
    assert bucket.take(0) > 0
    assert bucket.take(61_000) == 0


@given(st.lists(st.one_of(st.binary(max_size=200), st.text(max_size=200), st.sampled_from([*FRAMES.values()]))))
def test_no_frame_makes_an_exception(frames: list[str | bytes]) -> None:
    chat = ChatSession(100, 60, now_ms=0)
    for now_ms, frame in enumerate(frames):
        chat.feed(frame, now_ms)
        assert chat.state in State


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["id", "text", "token", "name", "email", "after", "more"]), _json),
    st.sampled_from(["hello", "message", "typing", "ping", "welcome"]),
)
def test_no_object_makes_an_exception(fields: dict[str, object], type_: str) -> None:
    chat = session()
    action = chat.feed(json.dumps({**fields, "type": type_}), 0)
    if isinstance(action, Take):
        assert 0 < len(action.message.id) <= 64
        assert action.message.text
