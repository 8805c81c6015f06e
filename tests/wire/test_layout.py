"""The vocabulary of layouts, on small messages of its own."""

from functools import cache
from typing import Any

import pytest

from papertape.errors import RemoteProtocolError
from papertape.model import TagValue, TickAttribLast
from papertape.wire import oracle, text
from papertape.wire.layout import (
    ALWAYS,
    Item,
    between,
    const,
    each,
    equals,
    f,
    fields,
    filled,
    one_of,
    optional,
    part,
    positive,
    since,
    steps,
    switch,
    until,
    variant,
    version,
    when,
)
from papertape.wire.message import Message, Spec
from walks import walk


class Probe(Message):
    """Every kind of field that a layout may ask for."""

    number: int = 0
    ratio: float | None = None
    name: str = ""
    pairs: list[TagValue] = []
    words: list[str] = []
    pair: TagValue | None = None
    marks: TickAttribLast | None = None


@cache
def probe(*layout: Item, request: bool = True) -> type[Message]:
    """The message with this layout: a class of its own, because plans are kept by class."""
    defaults = dict(zip(Probe.__struct_fields__, Probe.__struct_defaults__))
    cls = type("Probe", (Probe,), {"__annotations__": Probe.__annotations__, **defaults})
    cls.spec = Spec("Probe", 1, request, steps(layout), ALWAYS, "", {}, {}, 0, ALWAYS, "", "")
    return cls


def written(layout: tuple[Item, ...], at: int = 200, **values: Any) -> str:
    cls = probe(*layout)
    message = cls(**values)
    found = text.encoder(cls, at)(message)
    assert found == oracle.write_text(message, at)
    return found.replace("\0", "|")


def read(layout: tuple[Item, ...], frame: str, at: int = 200, *, request: bool = True) -> Any:
    cls = probe(*layout) if request else probe(*layout, request=False)
    tokens = frame.split("|")
    found = text.decoder(cls, at)(list(tokens))
    assert found == oracle.read_text(cls, at, tokens)[0]
    return found


def test_a_string_is_a_field() -> None:
    assert written(("number", "name"), number=5, name="IBM") == "5|IBM|"
    assert read(("number", "name"), "5|IBM|").name == "IBM"


def test_a_field_with_a_codec_of_its_own() -> None:
    assert written((f("number", "int_unset"),), number=5) == "5|"
    assert written((f("ratio", "float_zero"), "ratio")) == "0.0||"


def test_a_constant_is_written_and_skipped() -> None:
    layout = (version(3), "number", const("retired", "x"))
    assert written(layout, number=5) == "3|5|x|"
    assert read(layout, "1|5||").number == 5


@walk(("at", "frame"), [(99, "a|"), (100, "a|b|"), (149, "a|b|"), (150, "b|c|"), (151, "b|c|")])
def test_gates(at: int, frame: str) -> None:
    layout = (until(150, const("a", "a")), since(100, const("b", "b")), since(150, const("c", "c")))
    assert written(layout, at) == frame


@walk(("at", "frame"), [(109, ""), (110, "x|"), (119, "x|"), (120, "")])
def test_between_ends_before_its_last_version(at: int, frame: str) -> None:
    assert written((between(110, 120, const("x", "x")),), at) == frame


def test_gates_within_gates() -> None:
    layout = (since(110, const("a", "a"), since(120, const("b", "b"))),)
    assert [written(layout, at) for at in (109, 110, 120)] == ["", "a|", "a|b|"]


@walk(
    ("condition", "values", "holds"),
    [
        (filled("name"), {"name": "x"}, True),
        (filled("name"), {"name": ""}, False),
        (filled("number"), {"number": 0}, False),
        (equals("name", "BAG"), {"name": "BAG"}, True),
        (equals("name", "BAG"), {"name": "bag"}, False),
        (one_of("name", "A", "B"), {"name": "B"}, True),
        (one_of("name", "A", "B"), {"name": ""}, False),
        (positive("ratio"), {"ratio": 0.1}, True),
        (positive("ratio"), {"ratio": 0.0}, False),
        (positive("ratio"), {"ratio": -1.0}, False),
        (positive("ratio"), {"ratio": None}, False),
    ],
)
def test_conditions(condition: Any, values: dict[str, Any], holds: bool) -> None:
    layout = ("name", "number", "ratio", when(condition, const("there", "yes")))
    frame = written(layout, **values)
    assert frame.endswith("|yes|") == holds
    assert read(layout, frame) == probe(*layout)(**values)


def test_a_list_of_records() -> None:
    layout = (each("pairs", TagValue, "tag", "value"), "number")
    pairs = [TagValue("a", "1"), TagValue("b", "2")]
    assert written(layout, pairs=pairs, number=7) == "2|a|1|b|2|7|"
    assert read(layout, "2|a|1|b|2|7|").pairs == pairs
    assert read(layout, "0|7|").pairs == []


def test_a_list_of_texts() -> None:
    layout = (each("words", None), "number")
    assert written(layout, words=["a", "b"]) == "2|a|b|0|"
    assert read(layout, "2|a|b|0|").words == ["a", "b"]


@walk("frame", ["3|a|b|0|", "-1|0|", "x|", "99999999999999999999|"])
def test_a_count_must_fit(frame: str) -> None:
    cls = probe(each("words", None), "number")
    with pytest.raises(ValueError):
        text.decoder(cls, 200)(frame.split("|"))


def test_a_record_with_a_flag() -> None:
    layout = (optional("pair", TagValue, "tag", "value"), "number")
    assert written(layout, number=7) == "0|7|"
    assert written(layout, number=7, pair=TagValue("a", "b")) == "1|a|b|7|"
    assert read(layout, "1|a|b|7|").pair == TagValue("a", "b")
    assert read(layout, "0|7|").pair is None


def test_a_record_without_a_flag() -> None:
    layout = ("number", switch("number", {0: (), 1: (part("pair", TagValue, "tag", "value"),)}))
    assert written(layout, number=1, pair=TagValue("a", "b")) == "1|a|b|"
    assert written(layout, number=1) == "1|||"
    assert read(layout, "1|a|b|").pair == TagValue("a", "b")
    assert read(layout, "0|").pair is None


def test_a_switch_knows_its_cases() -> None:
    layout = ("number", switch("number", {1: ("name",), 3: ("ratio",)}))
    assert written(layout, number=1, name="x") == "1|x|"
    assert written(layout, number=3, ratio=0.5) == "3|0.5|"
    cls = probe(*layout)
    with pytest.raises(ValueError, match="unknown case"):
        text.encoder(cls, 200)(cls(number=2))
    with pytest.raises(ValueError, match="unknown case"):
        text.decoder(cls, 200)(["2", ""])


@walk("frame", ["5|IBM|", "5|0|IBM|", "5|anything|IBM|"])
def test_a_token_that_only_some_peers_send(frame: str) -> None:
    layout = ("number", variant("count"), "name")
    assert read(layout, frame) == probe(*layout)(number=5, name="IBM")


def test_a_token_that_some_peers_leave_out() -> None:
    layout = ("number", variant("count", f("words", "count")), "name")
    assert written(layout, number=5, words=["a", "b"], name="IBM") == "5|2|IBM|"
    assert read(layout, "5|IBM|").name == read(layout, "5|2|IBM|").name == "IBM"


@walk("frame", ["5|", "5|0|IBM|x|", "5|0|IBM|x", "5|IBM"])
def test_a_variant_tolerates_one_token_only(frame: str) -> None:
    cls = probe("number", variant("count"), "name")
    with pytest.raises((ValueError, IndexError)):
        text.decoder(cls, 200)(frame.split("|"))


@walk("frame", ["5|IBM", "5|IBM|x", "5|IBM||x", "5|IBM||x|", "5|", ""])
def test_a_request_ends_with_the_end_of_its_last_field(frame: str) -> None:
    cls = probe("number", "name")
    tokens = frame.split("|")
    with pytest.raises((ValueError, IndexError)):
        text.decoder(cls, 200)(list(tokens))
    with pytest.raises(RemoteProtocolError):
        oracle.read_text(cls, 200, tokens)


@pytest.mark.parametrize("frame", ["5|IBM||", "5|IBM||||"])
def test_fields_behind_the_last_one_that_hold_nothing_are_passed_over(frame: str) -> None:
    assert read(("number", "name"), frame).name == "IBM"


@walk("frame", ["5|a=1;||", "5|0|a=1;||", "5|a=1;|", "5|2|a=1;|"])
def test_a_field_that_holds_nothing_is_no_token_that_only_some_peers_send(frame: str) -> None:
    assert read(("number", variant("count"), "name"), frame).name == "a=1;"


@pytest.mark.parametrize(("frame", "readable"), [("1|w|IBM|||", True), ("1|w|IBM||x|", False)])
def test_behind_elements_as_well(frame: str, readable: bool) -> None:
    layout = (each("words", None), "name")
    if readable:
        assert read(layout, frame).name == "IBM"
    else:
        with pytest.raises(ValueError, match="extra"):
            read(layout, frame)


def test_requests_end_where_the_layout_ends_and_replies_may_go_on() -> None:
    layout = ("number", "name")
    with pytest.raises(ValueError, match="extra"):
        read(layout, "5|IBM|x|")
    assert read(layout, "5|IBM|x|", request=False).name == "IBM"


def test_a_mask_is_one_token() -> None:
    layout = (f("marks", "mask_last"),)
    assert written(layout, marks=TickAttribLast(unreported=True)) == "2|"
    assert read(layout, "3|").marks == TickAttribLast(True, True)


def test_several_fields_below_one_record() -> None:
    assert [step.path for step in fields("tag", "value", prefix="pair.")] == [  # type: ignore[attr-defined]
        "pair.tag", "pair.value",
    ]  # fmt: skip
