"""The comparison of callbacks with what was meant finds what it should, and only that."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from papertape.model import Bar, OrderCondition, TagValue
from papertape.wire.catalogue.history import HistoricalData
from papertape.wire.catalogue.market import TickPrice, TickSize
from papertape.wire.catalogue.reports import OpenOrder
from peers.corpus import ANSWERS, Frame
from peers.dialects import ASYNC, LATEST, OLD, OURS, Quirk, always, at
from peers.meant import SPECIAL, Difference, Reader, Thing, Unset, calls, told
from peers.meant_tables import CALLBACKS
from peers.traces import value
from walks import walk

DEFAULTS = {"OrderComboLeg": {"price": "float 1.5", "note": ""}}


def frame(message: Any, version: int = 176, form: str = "text") -> Frame:
    return Frame(type(message), form, version, b"", message)


def found(message: Any, came: list[Any], version: int = 176) -> list[str]:
    """The differences that the official dialect leaves."""
    given = frame(message, version)
    reader = Reader(DEFAULTS, OURS.sentinels)
    return [str(each) for each in reader.compare(OURS.spoken(calls(given), given), came)]


SIZE = TickSize(reqId=7, tickType=0, size=Decimal("1.5"))


@walk(
    ("came", "told_of"),
    [
        ([["tickSize", [7, 0, "Decimal 1.5"]]], ""),
        ([["tickSize", [7, 0, "float 1.5"]]], ""),
        ([["tickSize", [7, 0, "Decimal 1.25"]]], "size: meant 1.5"),
        ([["tickSize", [7, False, "Decimal 1.5"]]], "tickType: meant 0, came as False"),
        ([["tickSize", ["7", 0, "Decimal 1.5"]]], "reqId: meant 7"),
        ([["tickSize", [7, 0, None]]], "size: meant 1.5, came as None"),
        ([["tickSize", [7, 0]]], "tickSize: meant 3 arguments"),
        ([["tickPrice", [7, 0, "Decimal 1.5"]]], "callbacks: meant ['tickSize']"),
        ([], "callbacks: meant ['tickSize']"),
    ],
)
def test_a_value_is_what_was_meant(came: list[Any], told_of: str) -> None:
    text = "\n".join(found(SIZE, came))
    assert text.startswith(told_of) and bool(text) == bool(told_of)


@walk(
    ("came", "same"),
    [(f"Decimal {2**127 - 1}", True), ("Decimal 0", False), ("float 0.0", False), (None, False)],
)
def test_a_size_that_is_not_set_has_one_way_to_say_so(came: Any, same: bool) -> None:
    assert (found(TickSize(reqId=7), [["tickSize", [7, 0, came]]]) == []) is same


LEG = {"_": "OrderComboLeg", "price": "float 2.5", "note": ""}


@walk(
    ("came", "told_of"),
    [
        (LEG, ""),
        (LEG | {"price": "float 1.5"}, "leg.price: meant 2.5"),
        (LEG | {"note": "new"}, "leg.note: meant its default"),
        (LEG | {"_": "Order"}, "leg: meant OrderComboLeg"),
        ({"_": "OrderComboLeg", "note": ""}, "leg.price: meant 2.5, came as missing"),
    ],
)
def test_an_object_is_compared_attribute_by_attribute(came: Any, told_of: str) -> None:
    reader = Reader(DEFAULTS, OURS.sentinels)
    text = "\n".join(
        map(str, reader.value(Thing("OrderComboLeg", {"price": 2.5}), came, "leg", None))
    )
    assert text.startswith(told_of) and bool(text) == bool(told_of)


def test_a_list_has_as_many_elements() -> None:
    reader = Reader({}, OURS.sentinels)
    assert [str(d) for d in reader.value(["a", "b"], ["a"], "names", None)]
    assert not list(reader.value(["b", "a"], ["set", "'a'", "'b'"], "names", None))


def test_options_may_change_their_places_where_they_are_a_map() -> None:
    reader = Reader({"TagValue": {}}, OURS.sentinels)
    meant = [told(TagValue(tag, "1"), TagValue) for tag in "ab"]
    came = [{"_": "TagValue", "tag": tag, "value": "1"} for tag in "ba"]
    assert list(reader.value(meant, came, "options", None))
    reader.unordered = True
    assert not list(reader.value(meant, came, "options", None))


def test_a_price_is_one_callback_or_two() -> None:
    price = frame(TickPrice(reqId=1, tickType=1, price=2.5, size=Decimal(3), attrMask=5))
    one, two = OURS.spoken(calls(price), price)
    assert one.args[3][1].fields == {"canAutoExecute": True, "pastLimit": False, "preOpen": True}
    assert (two.name, [value for _, value in two.args]) == ("tickSize", [1, 0, Decimal(3)])
    (joined,) = ASYNC.spoken(calls(price), price)
    assert (joined.name, [v for _, v in joined.args]) == ("priceSizeTick", [1, 1, 2.5, Decimal(3)])


def test_the_end_of_bars_is_part_of_their_message_below_196() -> None:
    bars = HistoricalData(reqId=1, historicalDataBars=[Bar(date="d")])
    names = [[call.name for call in calls(frame(bars, version))] for version in (195, 196)]
    assert names == [["historicalData", "historicalDataEnd"], ["historicalData"]]


def test_an_earlier_client_has_other_names() -> None:
    bars = frame(HistoricalData(historicalDataBars=[Bar(wap=Decimal(4))]))
    bar = OLD.spoken(calls(bars), bars)[0].args[1][1]
    assert bar.fields["average"] == Decimal(4) and "wap" not in bar.fields


def test_a_condition_holds_what_belongs_to_it() -> None:
    thing = told(OrderCondition(type=3, time="noon", isMore=True), OrderCondition)
    assert thing.name == "TimeCondition"
    assert set(thing.fields) == {"condType", "isConjunctionConnection", "isMore", "time"}


def test_a_quirk_explains_one_place_one_value_and_its_versions() -> None:
    quirk = Quirk("OpenOrder order.duration", "late", always(9), at(158))
    order = OpenOrder()
    assert quirk.explains(frame(order, 158), Difference("order.duration", 3, 9))
    assert not quirk.explains(frame(order, 159), Difference("order.duration", 3, 9))
    assert not quirk.explains(frame(order, 158), Difference("order.duration", 3, 8))
    assert not quirk.explains(frame(order, 158), Difference("order.durations", 3, 9))
    assert not quirk.explains(frame(SIZE, 158), Difference("order.duration", 3, 9))


def test_what_another_client_said_is_read_back() -> None:
    shown = {"_": "Bar", "open": "float 1.5", "wap": f"Decimal {2**127 - 1}", "n": 2**31 - 1}
    assert value(shown) == Thing("Bar", {"open": 1.5, "wap": Unset("Decimal"), "n": Unset("int")})
    assert value(["set", "'b'", "1.5"]) == ["b", 1.5]


def test_every_answer_has_a_meaning() -> None:
    names = {cls.__name__ for cls in ANSWERS}
    assert names == CALLBACKS.keys() | SPECIAL.keys()
    assert not CALLBACKS.keys() & SPECIAL.keys()


@walk("dialect", [OURS, LATEST, OLD, ASYNC])
def test_the_quirks_are_a_short_list_with_reasons(dialect: Any) -> None:
    assert all(quirk.why for quirk in dialect.quirks)
    assert len(dialect.quirks) <= 12
