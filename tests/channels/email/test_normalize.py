"""Golden results over the corpus: what a person would say about each letter."""

from __future__ import annotations

import pytest
from tests.channels.email.helpers import CORPUS, SUPPORT, letter, raw, read, read_bytes

from omniroute.channels.contract import RawInput
from omniroute.channels.email.charsets import codec_of, decode
from omniroute.channels.email.headers import addresses, decode_words, message_id, parameters, read_headers
from omniroute.channels.email.normalize import TEXT_BYTES_MAX, guess_language
from omniroute.channels.email.plugin import EmailChannel
from omniroute.errors import InvalidInput

GOLDEN = {  # name: (sender, subject, text, how the quoted part begins, language)
    "plain": (
        "anna.berg@example.com",
        "My parcel",
        "Hello,\n\nwhere is my parcel? I ordered it two weeks ago.",
        "",
        "en",
    ),
    "multipart_alternative": ("anna.berg@example.com", "My parcel", "Plain words.", "", ""),
    "gmail_reply_en": ("anna.berg@example.com", "Re: My parcel", "Thank you, it has arrived.", "On Mon, Nov 3", "en"),
    "gmail_reply_ru": ("ivan@example.ru", "Re: Мой заказ", "Спасибо, всё получил.", "пн, 3 нояб.", "ru"),
    "mailru_reply": ("ivan@example.ru", "My parcel", "Когда доставят мой заказ?", "> Понедельник", "ru"),
    "outlook_reply": (
        "anna.berg@example.com",
        "RE: My parcel",
        "Please send it again.\n\nBest regards\nAnna",
        "____",
        "en",
    ),
    "outlook_reply_ru": ("olga@example.ru", "My parcel", "Прошу вернуть деньги.", "От: Поддержка", "ru"),
    "original_message": ("anna.berg@example.com", "My parcel", "See below.", "-----Original", ""),
    "german_reply": ("j.mueller@example.de", "My parcel", "Vielen Dank für die schnelle Antwort.", "Am 03.11.2025", ""),
    "french_reply": ("anna.berg@example.com", "My parcel", "Merci beaucoup.", "Le lun.", ""),
    "spanish_reply": ("anna.berg@example.com", "My parcel", "Muchas gracias.", "El lun,", ""),
    "koi8r": ("petr@example.ru", "Жалоба на доставку", "Здравствуйте! Курьер не приехал.", "", "ru"),
    "windows1251": ("masha@example.ru", "My parcel", "Добрый день, где мой заказ?", "", "ru"),
    "split_words": ("a@example.ru", "Заказ", "x", "", ""),
    "broken_mime": ("anna.berg@example.com", "My parcel", "The end is missing and the header is odd.", "", "en"),
    "no_parts": ("anna.berg@example.com", "My parcel", "No delimiter ever comes.", "", ""),
    "no_message_id": ("anna@example.com", "none", "No id here.", "", ""),
    "html_only": (
        "anna.berg@example.com",
        "My parcel",
        "Hello there,\n\nmy order & bill\nis wrong\none\ntwo",
        "",
        "en",
    ),
    "html_with_footer": ("anna.berg@example.com", "My parcel", "The real words\n\nlist footer", "", "en"),
    "flowed": ("anna.berg@example.com", "My parcel", "A long line that goes on here.\nA new one.", "", ""),
    "unquoted_name": ("info@firm.example", "My parcel", "An offer for you.", "", "en"),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name: str) -> None:
    got = read(name)
    sender, subject, text, quoted, language = GOLDEN[name]
    assert (got.sender.kind, got.sender.address, got.subject, got.text) == ("email", sender, subject, text)
    assert got.quoted.startswith(quoted)
    assert bool(got.quoted) == bool(quoted)
    assert got.language == language
    assert got.account == SUPPORT
    assert got.occurred_ms == 1_000
    assert not got.automatic


@pytest.mark.parametrize("name", [path.stem for path in sorted(CORPUS.glob("*.eml"))])
def test_the_cheap_id_is_the_id(name: str) -> None:
    try:
        got = read(name)
    except InvalidInput:
        return
    assert EmailChannel().dedup_key(raw(letter(name))) == got.provider_id


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_from", "the sender cannot be read"),
        ("group_from", "the sender cannot be read"),
        ("huge_header", "the header is too long"),
        ("nested_depth", "parts are nested too deeply"),
    ],
)
def test_quarantined(name: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read(name)


def test_names_are_decoded() -> None:
    assert read("gmail_reply_ru").sender.name == "Иван Петров"
    assert read("koi8r").sender.name == "Пётр"
    assert read("german_reply").sender.name == "Jürgen Müller"


def test_signature_is_folded_not_lost() -> None:
    assert read("plain").signature == "-- \nAnna Berg\n+49 30 1234567"
    assert read("mailru_reply").signature == "Отправлено из мобильной Почты"


def test_attachments() -> None:
    pdf, image, inner = read("attachments").attachments
    assert (pdf.name, pdf.content_type, pdf.data) == ("Счёт №7.pdf", "application/pdf", b"%PDF-1.4 bill")
    assert (image.name, image.content_type) == ("photo.png", "image/png")
    assert image.data.startswith(b"\x89PNG")
    assert (inner.name, inner.content_type) == ("message.eml", "message/rfc822")
    assert b"inner text" in inner.data
    assert read("attachments").text == "Two files."


def test_a_cut_attachment_gives_what_is_there() -> None:
    (pdf,) = read("broken_mime").attachments
    assert pdf.data == b"%PDF-1.4"


def test_html_is_kept_as_it_came() -> None:
    assert "<script>" in read("html_only").html
    assert "alert" not in read("html_only").text


def test_threading_ids_come_newest_first_and_bounded() -> None:
    assert read("gmail_reply_en").answers_to == ("<omni.r-1.abc@shop.example>", "<m1@example.com>")
    many = b" ".join(b"<%d@x>" % n for n in range(80))
    got = read_bytes(b"From: a@b.example\r\nReferences: " + many + b"\r\n\r\nx")
    assert len(got.answers_to) == 50
    assert got.answers_to[0] == "<79@x>"


@pytest.mark.parametrize("name", ["auto_reply", "list_mail", "dsn"])
def test_automatic(name: str) -> None:
    assert read(name).automatic


@pytest.mark.parametrize(
    ("header", "automatic"),
    [
        (b"Auto-Submitted: no", False),
        (b"Auto-Submitted: auto-generated; owner=x", True),
        (b"Precedence: junk", True),
        (b"Precedence: first-class", False),
        (b"X-Auto-Response-Suppress: OOF", True),
    ],
)
def test_automatic_headers(header: bytes, automatic: bool) -> None:
    assert read_bytes(b"From: a@b.example\r\n" + header + b"\r\n\r\nx").automatic is automatic


def test_null_sender_is_automatic_and_unknown_sender_is_not() -> None:
    assert read("plain", mail_from="").automatic
    assert not read("plain", mail_from="anna@example.com").automatic


def test_a_bounce_names_our_letter() -> None:
    fields = read("dsn").fields
    assert fields["dsn_action"] == "failed"
    assert fields["dsn_status"] == "5.1.1"
    assert fields["dsn_message_id"] == "<omni.r-9.0123@shop.example>"


def test_fields() -> None:
    fields = read("unquoted_name", mail_from="bounce@firm.example").fields
    assert fields["to"] == SUPPORT
    assert fields["reply_to"] == "sales@firm.example"
    assert fields["message_id"] == "<firm@firm.example>"
    assert fields["envelope_from"] == "bounce@firm.example"


@pytest.mark.parametrize("name", ["unknown_charset", "undeclared_8bit"])
def test_unknown_charsets_are_guessed(name: str) -> None:
    got = read(name)
    assert "подскажите пожалуйста" in got.text
    assert got.subject.startswith("Вопрос")


def test_eight_bit_garbage_is_read_without_controls() -> None:
    got = read("garbage_8bit")
    assert got.text
    assert not any(ord(c) < 32 and c not in "\n\t" for c in got.text + got.subject)


def test_a_huge_text_is_an_attachment_too() -> None:
    body = b"word " * (TEXT_BYTES_MAX // 5 + 100)
    got = read_bytes(b"From: a@b.example\r\n\r\n" + body)
    (whole,) = got.attachments
    assert whole.data == body
    assert len(got.text) <= TEXT_BYTES_MAX


def test_nothing_has_lone_surrogates() -> None:
    data = b"From: \xed\xa0\x80 <a@b.example>\r\nSubject: =?utf-7?q?+2AA-?= \xed\xa0\x80\r\n"
    data += b"Content-Type: text/plain; charset=utf-7; name*=utf-16''%d8%00\r\n\r\n+2AA-"
    got = read_bytes(data)
    for text in (got.text, got.subject, got.sender.name, *(a.name for a in got.attachments)):
        text.encode()


def test_normalizing_is_repeatable() -> None:
    first: RawInput = raw(letter("attachments"))
    assert EmailChannel().normalize(first) == EmailChannel().normalize(first)


@pytest.mark.parametrize(
    "name", ["rot13", "zip", "base64", "punycode", "unicode_escape", "idna", "utf-7", "\0", "é", "x" * 99]
)
def test_what_is_no_charset_is_not_used(name: str) -> None:
    assert codec_of(name) == ""
    assert decode(b"abc", name) == "abc"


def test_latin1_means_windows_1252() -> None:
    assert decode("„Größe“ 5 €".encode("cp1252"), "iso-8859-1") == "„Größe“ 5 €"


def test_encoded_words() -> None:
    assert decode_words("=?utf-8?q?a?= =?utf-8?q?b?= c =?utf-8?q?d?=") == "ab c d"
    assert decode_words("=?nonsense") == "=?nonsense"
    assert decode_words("x =?utf-8?b?!!!?=") == "x "


def test_parameters_with_quotes_and_semicolons() -> None:
    assert parameters(b'Text/Plain; name="a;b\\"c"; charset=UTF-8') == (
        "text/plain",
        {"name": 'a;b"c', "charset": "UTF-8"},
    )


def test_ids() -> None:
    assert message_id(b" <a@b> (comment)") == "<a@b>"
    assert message_id(b"bare@id") == "<bare@id>"
    assert message_id(b"<>") == ""
    assert message_id(b"<" + b"a" * 2000 + b">") == ""


@pytest.mark.parametrize(
    "value",
    [b"a@b@c.example", b'"a\x00b"@x.example', b"a@b..example", b"@x.example", b"a@", b"(" * 3000 + b"a@b.example"],
)
def test_what_is_no_address(value: bytes) -> None:
    headers, _ = read_headers(b"From: " + value + b"\n\n", 0, len(value) + 8)
    assert addresses(headers, "from") == []


def test_languages() -> None:
    assert guess_language("Привіт, де моє замовлення? Ще не її") == ""
    assert guess_language("Wo ist mein Paket?") == ""
    assert guess_language("12345") == ""
