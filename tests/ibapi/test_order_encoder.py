"""The short way of placeOrder sends what the long way sends, and goes whenever it can."""

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import thinned, tries
from papertape.errors import PapertapeError
from papertape.ibapi import convert, order_encoder
from papertape.ibapi.contract import ComboLeg, Contract, DeltaNeutralContract
from papertape.ibapi.order import Order
from papertape.ibapi.softdollartier import SoftDollarTier
from papertape.ibapi.tag_value import TagValue
from papertape.model import UNSET_DECIMAL, UNSET_DOUBLE, UNSET_INT
from papertape.versions import MAX_SERVER, MIN_SERVER
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.connection import ClientConnection, encode
from papertape.wire.handshake import ConnectionState
from papertape.wire.refusals import refuse
from walks import walk
from wire.messages import versions

VERSIONS = versions(PlaceOrder)
"""Both sides of every gate."""
FEW = (100, 178, 200, 203, MAX_SERVER)
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 7, -1, 1 << 31, UNSET_INT, 0.0, 1.0, 1.5, math.inf, math.nan,
    UNSET_DOUBLE, "", "A7", "12", "d\u00e9p\u00f4t", "a\0b", "a\nb", "BAG", "PEG BENCH", "IBKRATS",
    Decimal(100), Decimal("1E+20"), Decimal("NaN"), UNSET_DECIMAL, [], [TagValue("a", "b")],
    object(),
)  # fmt: skip
CONTRACT, ORDER = sorted(vars(Contract())), sorted(vars(Order()))
NAMES = [*(f"contract.{name}" for name in CONTRACT), *(f"order.{name}" for name in ORDER)]
LISTS = {"algoParams", "comboLegs", "conditions", "orderComboLegs", "orderMiscOptions",
         "smartComboRoutingParams"}  # fmt: skip
RECORDS = {"deltaNeutralContract", "softDollarTier"}
CONDITIONAL = {
    "algoStrategy", "competeAgainstBestOffset", "conditionsCancelOrder", "conditionsIgnoreRth",
    "deltaNeutralClearingAccount", "deltaNeutralClearingIntent", "deltaNeutralConId",
    "deltaNeutralDesignatedLocation", "deltaNeutralOpenClose", "deltaNeutralOrderType",
    "deltaNeutralSettlingFirm", "deltaNeutralShortSale", "deltaNeutralShortSaleSlot", "hedgeParam",
    "hedgeType", "isPeggedChangeAmountDecrease", "midOffsetAtHalf", "midOffsetAtWhole",
    "minCompeteSize", "minTradeQty", "peggedChangeAmount", "referenceChangeAmount",
    "referenceContractId", "referenceExchangeId", "scaleAutoReset", "scaleInitFillQty",
    "scaleInitPosition", "scalePriceAdjustInterval", "scalePriceAdjustValue",
    "scalePriceIncrement", "scaleProfitOffset", "scaleRandomPercent",
}  # fmt: skip
"""In text they come under a condition, or are one."""


def wire(version: int, state: ConnectionState = ConnectionState.STARTED) -> ClientConnection:
    made = ClientConnection()
    made.version, made.state = version, state
    return made


def shortly(version: int, contract: Any, order: Any, order_id: Any = 5) -> bytes | None:
    return order_encoder.frame(wire(version), order_id, contract, order)


def fully(version: int, contract: Any, order: Any, order_id: Any = 5) -> bytes:
    """The long way, as ``placeOrder`` goes it."""
    message = PlaceOrder(
        attachedOrders=convert.attached_orders(order),
        orderId=convert.given(order_id, "orderId"),
        contract=convert.to_record(convert.model.Contract)(contract),
        order=convert.to_record(convert.model.Order)(order),
    )
    refuse(message, version)
    return encode(message, version)


def check(version: int, contract: Any, order: Any, order_id: Any = 5) -> bool:
    """Compare both ways; gives whether there was a short one."""
    short = shortly(version, contract, order, order_id)
    if short is not None:
        assert short == fully(version, contract, order, order_id)
    return short is not None


def changed(changes: Iterable[tuple[str, Any]]) -> tuple[Contract, Order]:
    made = {"contract": Contract(), "order": Order()}
    for path, value in changes:
        owner, _, name = path.partition(".")
        setattr(made[owner], name, value)
    return made["contract"], made["order"]  # type: ignore[return-value]


def other(path: str) -> Any:
    """Another value of the attribute's kind."""
    owner, _, name = path.partition(".")
    value = vars(Contract() if owner == "contract" else Order())[name]
    if name in ("deltaNeutralContract", "softDollarTier"):
        return DeltaNeutralContract() if name[0] == "d" else SoftDollarTier("a", "b", "c")
    if name in LISTS:
        return [ComboLeg()] if name == "comboLegs" else [TagValue("a", "b")]
    if value is None or isinstance(value, bool):
        return not value
    return value + "7" if isinstance(value, str) else type(value)(7)


@pytest.mark.long
@walk("path", NAMES, check=23, test=7)
def test_every_attribute_is_sent_alike(path: str) -> None:
    for version in thinned(VERSIONS, check=7):
        check(version, *changed([(path, other(path))]))
    for version in FEW:
        for value in VALUES:
            check(version, *changed([(path, value)]))


@walk("value", VALUES, ids=lambda value: repr(value).partition(" at 0x")[0])
def test_every_id_is_sent_alike(value: Any) -> None:
    for version in FEW:
        check(version, Contract(), Order(), value)


ANOTHER = object()
"""Stands for what ``other`` gives for the attribute."""
ANYTHING = (
    st.text("a7.-,;\0ü\u20ac", max_size=4)
    | st.floats()
    | st.decimals()
    | st.integers(-(1 << 65), 1 << 65)
)


@pytest.mark.long
@tries(300)
@given(
    st.sampled_from(VERSIONS),
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from([ANOTHER] * 8 + [*VALUES]) | ANYTHING),
        max_size=8,
    ),
)
def test_any_order_is_sent_alike(version: int, changes: list[tuple[str, Any]]) -> None:
    check(version, *changed([(p, other(p) if v is ANOTHER else v) for p, v in changes]))


@pytest.mark.long
@walk("version", VERSIONS, check=5)
def test_a_usual_order_goes_the_short_way(version: int) -> None:
    usual = {
        "contract.symbol": "SPY", "contract.secType": "STK", "contract.exchange": "SMART",
        "contract.currency": "USD", "order.action": "BUY", "order.orderType": "LMT",
        "order.tif": "DAY", "order.totalQuantity": Decimal(100), "order.lmtPrice": 168.25,
        "order.transmit": False, "order.account": "DU1", "order.permId": 123, "order.clientId": 1,
    }  # fmt: skip
    assert check(version, *changed(usual.items()))


@pytest.mark.long
@pytest.mark.parametrize(("version", "long"), [(200, CONDITIONAL), (MAX_SERVER, set[str]())])
def test_what_has_a_place_of_its_own_goes_the_short_way(version: int, long: set[str]) -> None:
    found = {path for path in NAMES if not check(version, *changed([(path, other(path))]))}
    assert {path.partition(".")[2] for path in found} == LISTS | RECORDS | long


def test_attributes_of_the_programs_own_do_not_matter() -> None:
    contract, order = changed([("order.lmtPrice", 1.5)])
    vars(order).update(eTradeOnly=False, firmQuoteOnly=False)
    vars(contract)["note"] = "mine"
    for version in FEW:
        assert check(version, contract, order)


class Own(Order):
    """A program's own class."""


def test_what_has_another_shape_goes_the_long_way() -> None:
    gone = Order()
    del gone.lmtPrice
    late = Order()
    late.__dict__ = dict(reversed(vars(late).items()))
    for contract, order in ((Contract(), Own()), (Contract(), gone), (Contract(), late),
                            (None, Order()), (Contract(), None)):  # fmt: skip
        assert shortly(MAX_SERVER, contract, order) is None


@walk("state", [s for s in ConnectionState if s is not ConnectionState.STARTED])
def test_a_connection_that_is_not_ready_has_no_short_way(state: ConnectionState) -> None:
    assert order_encoder.frame(wire(MAX_SERVER, state), 5, Contract(), Order()) is None
    assert order_encoder.frame(None, 5, Contract(), Order()) is None


def test_a_server_that_knows_no_order_has_no_short_way() -> None:
    with pytest.raises(PapertapeError):
        fully(MIN_SERVER, *changed([("order.modelCode", "m")]))
    assert shortly(MIN_SERVER, *changed([("order.modelCode", "m")])) is None


def test_a_program_may_change_its_objects_after_each_call() -> None:
    contract, order = Contract(), Order()
    first = shortly(MAX_SERVER, contract, order)
    order.softDollarTier.name = "tier"
    contract.comboLegs.append(ComboLeg())
    assert shortly(MAX_SERVER, contract, order) is None
    assert shortly(MAX_SERVER, Contract(), Order()) == first
