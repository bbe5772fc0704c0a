"""Tags are kept as they are written, and compared as Unicode compares words in any case."""

import unicodedata

import pytest

from taskflow_core.domain.errors import FieldError
from taskflow_core.domain.tags import LONGEST_TAG, MOST_TAGS, parse_tag, parse_tags, tag_key

ALIKE = [
    ("home", "HOME"),
    ("Straße", "STRASSE"),
    ("ẞ", "ss"),
    ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
    ("é", "e\u0301"),
    ("İ", "i\u0307"),
    ("ﬁsch", "FISCH"),
    ("ＨＯＭＥ", "home"),
    ("ᾳ", "ΑΙ"),
    ("ŉ", "ʼN"),
    ("ΰ", "Ϋ\u0301"),
    ("дом", "ДОМ"),
]
APART = [("i", "ı"), ("I", "İ"), ("home", "homes"), ("a b", "ab"), ("🏠", "🏡"), ("e", "é")]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_the_same_in_another_case(one: str, other: str) -> None:
    assert tag_key(one) == tag_key(other)
    assert parse_tags([one, other]) == [unicodedata.normalize("NFC", one)], "the first spelling stays"


@pytest.mark.parametrize(("one", "other"), APART)
def test_not_the_same(one: str, other: str) -> None:
    assert tag_key(one) != tag_key(other)
    assert len(parse_tags([one, other])) == 2


def test_every_letter_is_its_other_case() -> None:
    for code in range(0x250):
        char = chr(code)
        if char.isalpha() and char not in "ıİ":  # the dotless i has no case of its own outside Turkish
            assert tag_key(char.upper()) == tag_key(char) == tag_key(tag_key(char)), char


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        (" home ", "home"),
        ("#home", "home"),
        ("# home", "home"),
        ("## home #1", "home #1"),
        ("to   buy", "to buy"),
        ("e\u0301", "é"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("בית", "בית"),
        ("x" * LONGEST_TAG, "x" * LONGEST_TAG),
        ("e\u0301" * LONGEST_TAG, "é" * LONGEST_TAG),
    ],
)
def test_as_it_is_kept(text: str, tag: str) -> None:
    assert parse_tag(text) == tag
    assert parse_tag(tag) == tag


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "#",
        "# # ",
        "\u3000",
        "x" * (LONGEST_TAG + 1),
        "a\x00b",
        "a\nb",
        "a\tb",
        "\x7f",
        "\x85",
        "\u2028",
        "\u202egnp",
        "\u200b",
        "ho\u200bme",
        "\ufeffhome",
        "\u2066a\u2069",
        "\ud800",
    ],
)
def test_what_is_no_tag(text: str) -> None:
    with pytest.raises(FieldError) as refused:
        parse_tag(text, "tag")
    assert refused.value.field == "tag"
    refused.value.message.encode()  # it can be sent


def test_how_many_there_can_be() -> None:
    tags = [f"tag {number}" for number in range(MOST_TAGS)]
    assert parse_tags([*tags, *(tag.upper() for tag in tags)]) == tags
    with pytest.raises(FieldError, match="at most 20"):
        parse_tags([*tags, "one more"])
