"""One value, one token: each codec as a table, in both directions."""

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.errors import LocalProtocolError
from papertape.model import TagValue, TickAttribBidAsk, TickAttribLast
from papertape.wire.codecs import CODECS, escape, evaluate, unescape
from walks import walk

UNSET_DOUBLE = "1.7976931348623157e+308"
JAVA_DOUBLE = "1.7976931348623157E308"
UNSET_DECIMAL = str(2**127 - 1)
ERROR = object()


def request(codec: str, value: Any) -> str:
    return str(evaluate(CODECS[codec].write, value))


def reply(codec: str, value: Any) -> str:
    return str(evaluate(CODECS[codec].write_response, value))


def strict(codec: str, token: str) -> Any:
    return evaluate(CODECS[codec].strict, token)


def lenient(codec: str, token: str) -> Any:
    return evaluate(CODECS[codec].read, token)


@walk(
    ("codec", "value", "token"),
    [
        ("int", 5, "5"),
        ("int", -1, "-1"),
        ("int", True, "1"),
        ("int_zero", None, "0"),
        ("int_empty", None, ""),
        ("int_empty", 0, "0"),
        ("long", 2**40, "1099511627776"),
        ("long_empty", None, ""),
        ("int_unset", None, "2147483647"),
        ("long_unset", None, "9223372036854775807"),
        ("float", 1.5, "1.5"),
        ("float", 100, "100"),
        ("float", 1e-05, "1e-05"),
        ("float", 1e16, "1e+16"),
        ("float_zero", None, "0.0"),
        ("float_empty", None, ""),
        ("float_empty", math.inf, "Infinity"),
        ("float_empty", float(UNSET_DOUBLE), ""),
        ("float_unset", None, UNSET_DOUBLE),
        ("float_whole", 155.0, "155"),
        ("float_whole", 1234567.0, "1234567"),
        ("bool", True, "1"),
        ("bool", False, "0"),
        ("bool_word", True, "true"),
        ("bool_unset", None, ""),
        ("bool_unset", False, "0"),
        ("text", "IBM", "IBM"),
        ("text", "tab\tline\n", "tab\tline\n"),
        ("tags", [], ""),
        ("tags", [TagValue("a", "1"), TagValue("b", "x=y")], "a=1;b=x=y;"),
        ("join", True, "a"),
        ("join", False, "o"),
        ("decimal", Decimal("1E+3"), "1E+3"),
        ("decimal", None, UNSET_DECIMAL),
        ("decimal_int", Decimal("100.7"), "100"),
        ("date_int", 0, ""),
        ("date_int", 20301231, "20301231"),
        ("reserved", [], ""),
        ("count", [1, 2], "2"),
    ],
)
def test_writing_a_request(codec: str, value: Any, token: str) -> None:
    assert request(codec, value) == token


@walk(
    ("codec", "value", "token"),
    [
        ("decimal", None, ""),
        ("decimal", Decimal("1E+3"), "1000"),
        ("decimal", Decimal("0.5"), "0.5"),
        ("float_unset", None, JAVA_DOUBLE),
        ("float", 0.00005, "0.00005"),
        ("float", 1e16, "10000000000000000"),
        ("float", float(UNSET_DOUBLE), JAVA_DOUBLE),
        ("float_zero", 1e-05, "0.00001"),
        ("float_empty", 1e-05, "0.00001"),
        ("float_empty", math.inf, "Infinity"),
        ("float_unset", -1e-05, "-0.00001"),
        ("float_whole", 155.0, "155"),
        ("float_nought", None, "0"),
        ("text_nought", "", "0"),
        ("mark", "", "?"),
        ("mark", "C", "C"),
        ("decimal_lowest", None, "-9223372036854775808"),
        ("decimal_lowest", Decimal(40), "40"),
        ("margin", None, JAVA_DOUBLE),
        ("margin", Decimal("12.50"), "12.50"),
        ("text", "汉\0字", "汉 字"),
        ("escaped", "é\\", "\\u00e9\\\\"),
        ("implied", None, "-1"),
        ("minus_one", None, "-1"),
        ("minus_two", None, "-2"),
        ("minus_two", 0.5, "0.5"),
        ("mask_last", TickAttribLast(True, False), "1"),
        ("mask_bid_ask", TickAttribBidAsk(bidPastLow=True), "1"),
        ("mask_ask_bid", TickAttribBidAsk(bidPastLow=True), "2"),
    ],
)
def test_writing_a_reply(codec: str, value: Any, token: str) -> None:
    assert reply(codec, value) == token


@walk(
    ("codec", "token", "value"),
    [
        ("int", "", 0),
        ("int", "+5", 5),
        ("int", "1.0", ERROR),
        ("int", "x", ERROR),
        ("int", "٣", ERROR),
        ("int", "1_0", ERROR),
        ("int", " 1", ERROR),
        ("int", "9" * 20, ERROR),
        ("int_empty", "", None),
        ("int_empty", "2147483647", None),
        ("int_unset", "9223372036854775807", None),
        ("float", "", 0.0),
        ("float", "1e5", 1e5),
        ("float", "1E5", 1e5),
        ("float", "Infinity", math.inf),
        ("float", "Infinite", math.inf),
        ("float", "nan", ERROR),
        ("float", "1_0", ERROR),
        ("float", "٣", ERROR),
        ("float", "1,5", ERROR),
        ("float_empty", "", None),
        ("float_empty", JAVA_DOUBLE, None),
        ("float_empty", UNSET_DOUBLE, None),
        ("float_empty", "0", 0.0),
        ("bool", "", False),
        ("bool", "2", True),
        ("bool", "true", ERROR),
        ("bool_unset", "", None),
        ("bool_unset", "0", False),
        ("decimal", "", None),
        ("decimal", UNSET_DECIMAL, None),
        ("decimal", "0.001", Decimal("0.001")),
        ("decimal", "NaN", ERROR),
        ("decimal", "-SNaN", None),
        ("decimal", "Infinity", ERROR),
        ("decimal", "1e31", ERROR),
        ("decimal", "1e-31", ERROR),
        ("decimal", "1_0", ERROR),
        ("decimal", "٣", ERROR),
        ("decimal", "1" * 49, ERROR),
        ("decimal", "1." + "0" * 48, ERROR),
        ("join", "a", True),
        ("join", "o", False),
        ("join", "", ERROR),
        ("tags", "", []),
        ("tags", "a=1;b;", [TagValue("a", "1"), TagValue("b", "")]),
    ],
)
def test_reading_a_request(codec: str, token: str, value: Any) -> None:
    if value is ERROR:
        with pytest.raises(ValueError):
            strict(codec, token)
    else:
        assert strict(codec, token) == value


@walk(
    ("codec", "token", "value"),
    [
        ("int", "", 0),
        ("float", "", 0.0),
        ("float", "Infinity", math.inf),
        ("float_empty", JAVA_DOUBLE, None),
        ("float_unset", JAVA_DOUBLE, None),
        ("float_unset", "", 0.0),
        ("bool", "7", True),
        ("bool", "", False),
        ("bool_word", "true", True),
        ("bool_word", "false", False),
        ("decimal", "2147483647", None),
        ("decimal", "9223372036854775807", None),
        ("decimal", JAVA_DOUBLE, None),
        ("decimal", "-9223372036854775808", None),
        ("margin", JAVA_DOUBLE, None),
        ("escaped", "\\u00e9\\\\", "é\\"),
        ("implied", "-0.5", None),
        ("minus_one", "-1", None),
        ("minus_one", "-2", -2.0),
        ("minus_two", "-2.0", None),
        ("mask_last", "3", TickAttribLast(True, True)),
        ("mask_last", "", TickAttribLast()),
        ("mask_bid_ask", "2", TickAttribBidAsk(askPastHigh=True)),
        ("mask_ask_bid", "1", TickAttribBidAsk(askPastHigh=True)),
    ],
)
def test_reading_a_reply(codec: str, token: str, value: Any) -> None:
    assert lenient(codec, token) == value


@walk(
    ("codec", "value"),
    [
        ("int", "5"),
        ("int", 1.5),
        ("int", None),
        ("tags", [TagValue("a=b", "1")]),
        ("tags", [TagValue("a", "1;2")]),
        ("reserved", [TagValue("a", "1")]),
    ],
)
def test_what_cannot_be_written(codec: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        request(codec, value)


@walk("text", ["é", "\0", "\x7f", "汉", "\x1b", "😀"])
def test_a_request_is_printable_ascii(text: str) -> None:
    with pytest.raises(LocalProtocolError, match="printable"):
        request("text", f"a{text}b")


@walk(
    ("plain", "escaped"),
    [
        ("", ""),
        ("IBM", "IBM"),
        ("Müller", "M\\u00fcller"),
        ("汉字", "\\u6c49\\u5b57"),
        ("😀", "\\ud83d\\ude00"),
        ("a\\b", "a\\\\b"),
        ("\\u00e9", "\\\\u00e9"),
        ('{"a": "b"}', '{"a": "b"}'),
    ],
)
def test_escapes(plain: str, escaped: str) -> None:
    assert escape(plain) == escaped
    assert unescape(escaped) == plain


@walk(
    ("token", "plain"),
    [
        ("\\", "\\"),
        ("\\x", "\\x"),
        ("\\d+", "\\d+"),
        ("\\u12", "\\u12"),
        ("\\N{DIGIT ONE}", "\\N{DIGIT ONE}"),
        ("line\\nline", "line\nline"),
        ("Müller\\u00e9", "Mülleré"),
        ("\\ud83d", "�"),
    ],
)
def test_what_is_no_escape_stays(token: str, plain: str) -> None:
    assert unescape(token) == plain


@pytest.mark.long
@tries(200, fixed=True)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_survives(text: str) -> None:
    assert escape(text).isascii()
    assert unescape(escape(text)) == text


@tries(200, fixed=True)
@given(st.floats(-1.78e308, 1.78e308), st.sampled_from(["float", "float_empty", "float_unset"]))
def test_any_number_survives(sent: float, codec: str) -> None:
    assert strict(codec, request(codec, sent)) == lenient(codec, reply(codec, sent)) == sent


@pytest.mark.parametrize(
    ("codecs", "bits"),
    [
        (("int", "int_empty", "int_unset", "int_zero", "date_int", "count", "bool"), 31),
        (("long", "long_empty", "long_unset"), 63),
    ],
)
def test_an_integer_of_a_request_has_the_width_of_its_type(
    codecs: tuple[str, ...], bits: int
) -> None:
    unset = (2**31 - 1, 2**63 - 1)
    for codec in codecs:
        for value in (2**bits - 1, 2**bits - 2, -(2**bits)):
            told = bool(value) if codec == "bool" else value
            if value in unset and "_" in codec and not codec.startswith(("int_zero", "date")):
                told = None
            assert strict(codec, str(value)) == told, (codec, value)
        for value in (2**bits, -(2**bits) - 1, 10**18 * 9):
            if not -(2**bits) <= value < 2**bits and value not in unset:
                with pytest.raises(OverflowError):
                    strict(codec, str(value))
        with pytest.raises(ValueError):
            strict(codec, "9" * 20)


@walk("codec", ["int", "int_empty", "int_unset", "long"])
def test_an_integer_of_a_reply_may_be_wider(codec: str) -> None:
    assert lenient(codec, str(2**40)) == 2**40


@walk("token", ["1E+6145", "1e-6145", "1E+999999999", "sNaN", "-sNaN7"])
def test_a_size_that_no_peer_can_mean_is_refused(token: str) -> None:
    with pytest.raises(ValueError):
        lenient("decimal", token)


def test_a_size_with_any_usual_exponent_is_read() -> None:
    assert lenient("decimal", "1E+6144") == Decimal("1E+6144")
    assert lenient("decimal", "9" * 60) == Decimal("9" * 60)
