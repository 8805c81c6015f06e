"""placeOrder with families of fields that hold garbage together, in both formats.

``test_order_bytes.py`` changes one field of an order; here it is what only means something in a
company: legs and their prices, parameters of every algorithm, hedges of a parent, adjusted stops,
conditions, groups, an advisor's allocation. Each is told a documented code or is an order, a
refused one changes nothing, and the journal rebuilds what is left.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from lanes import thinned
from papertape.errors import LocalProtocolError
from papertape.model import ComboLeg, Contract, Order, OrderComboLeg, SoftDollarTier, TagValue
from papertape.model.order import AttachedOrders, OrderCondition
from papertape.venue.broker.algo_terms import NEEDED, PARAMETERS
from papertape.wire.catalogue import orders
from papertape.wire.catalogue.reports import OpenOrder
from papertape.wire.connection import encode
from papertape.wire.limits import MOST_ELEMENTS
from server.handlers.test_advisor import MASTER, PROFILE
from server.handlers.test_advisor import desk as advisor_desk
from server.test_order_bytes import PROTOBUF, TEXT, Sender

AAPL, SPY, MSFT = 265598, 756733, 272093
TEXTS = (
    "", " ", "0", "-1", "1", "0.5", "nan", "inf", "1e400", "9" * 400, "99999999999999999999",
    "٣", "\ufffd", "x", "X" * 4000, "99991231 23:59:59 US/Eastern", "00010101 00:00:00",
    "20260413 10:30:00 Moon/Base", "true", ";", "=",
)  # fmt: skip
WHOLE = (0, 1, -1, 2, 7, 2**31 - 1, -(2**31))
NUMBERS = (0.0, -1.0, 0.01, 257.67, 1e-12, 1e12, 1e300)
STOCK = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
BAG = Contract(symbol="AAPL,SPY", secType="BAG", exchange="SMART", currency="USD")
LIMIT = Order(action="BUY", totalQuantity=Decimal(10), orderType="LMT", lmtPrice=250.0, tif="DAY")
STOP = replace(LIMIT, action="SELL", orderType="STP", lmtPrice=None, auxPrice=240.0)
LEG = ComboLeg(conId=AAPL, ratio=1, action="BUY", exchange="SMART")
OTHER = replace(LEG, conId=SPY, action="SELL")
PRICE = OrderCondition(type=1, conId=SPY, exchange="SMART", isMore=True, price=1e8)
Case = tuple[str, Contract, Order]


def algorithms() -> Iterator[Case]:
    """Every parameter of every algorithm, with the others that it needs; many, none, the same."""
    good = {"componentSize": "5", "timeBetweenOrders": "60", "displaySize": "5", "pctVol": "0.1",
            "startPctVol": "0.1", "endPctVol": "0.2", "adaptivePriority": "Normal",
            "riskAversion": "Neutral", "deltaPctVol": "0.1", "minPctVol4Px": "0.01",
            "maxPctVol4Px": "0.3"}  # fmt: skip
    for name, known in PARAMETERS.items():
        needed = {tag: good.get(tag, "1") for tag in NEEDED.get(name, ())}

        def made(pairs: list[tuple[str, str]], name: str = name) -> Order:
            tags = [TagValue(tag, value) for tag, value in pairs]
            return replace(LIMIT, algoStrategy=name, algoParams=tags)

        for tag in known:
            for value in TEXTS:
                yield f"{name} {tag}={value[:30]}", STOCK, made([*({**needed, tag: value}).items()])
        rest = list(needed.items())
        yield f"{name} twice", STOCK, made([*rest, *rest])
        for tag in ("", "x", "\0", "pctvol", "X" * 4000):
            yield f"{name} {tag[:9]!r}", STOCK, made([*rest, (tag, "1")])
        yield f"{name} {MOST_ELEMENTS}", STOCK, made([*rest, *(("x", str(n)) for n in range(990))])
    for name in TEXTS:
        yield f"strategy {name[:30]!r}", STOCK, replace(LIMIT, algoStrategy=name)


def legs() -> Iterator[Case]:
    """Combinations of odd legs, of many, and with prices, ratios and routing that cannot be."""

    def bag(found: list[ComboLeg], **more: Any) -> tuple[Contract, Order]:
        order = replace(LIMIT, totalQuantity=Decimal(1), lmtPrice=1.0)
        for name, value in more.items():
            setattr(order, name, value)
        return replace(BAG, comboLegs=found), order

    for many in (0, 1, 2, 3, 6, 7, 100, MOST_ELEMENTS):
        yield f"{many} legs", *bag([replace(LEG, conId=AAPL + n) for n in range(many)])
        yield f"{many} times one", *bag([LEG] * many)
    for name, values in {
        "conId": (*WHOLE, AAPL, 700_000_000), "ratio": WHOLE, "action": TEXTS, "exchange": TEXTS,
        "openClose": WHOLE, "shortSaleSlot": WHOLE, "designatedLocation": TEXTS,
        "exemptCode": WHOLE,
    }.items():  # fmt: skip
        for value in values:
            yield f"leg {name}={value!s:.30}", *bag([LEG, replace(OTHER, **{name: value})])
    for price in NUMBERS:
        yield f"leg at {price}", *bag([LEG, OTHER], orderComboLegs=[OrderComboLeg(price)] * 2)
        yield f"too few at {price}", *bag([LEG, OTHER], orderComboLegs=[OrderComboLeg(price)])
        yield f"too many at {price}", *bag([LEG, OTHER], orderComboLegs=[OrderComboLeg(price)] * 9)
        order = {"orderType": "REL + LMT", "auxPrice": price}
        yield f"REL + LMT {price}", *bag([LEG, OTHER], **order)
    for tag in ("NonGuaranteed", "LeginPrio", "MaxSegSize", "PriceCondConid", "PriceCondMinPrice",
                "ChangeToMktTime1", "DontLeginNext", "", "x"):  # fmt: skip
        for value in TEXTS:
            tags = [TagValue("NonGuaranteed", "1"), TagValue(tag, value)]
            routed = {"smartComboRoutingParams": tags}
            yield f"routing {tag}={value[:30]}", *bag([LEG, OTHER], **routed)


def adjusted() -> Iterator[Case]:
    """Stops that become something else, at numbers and of types that cannot be."""
    full = replace(
        STOP, adjustedOrderType="TRAIL", triggerPrice=260.0, adjustedStopPrice=255.0,
        adjustedStopLimitPrice=254.0, adjustedTrailingAmount=1.0, adjustableTrailingUnit=0,
    )  # fmt: skip
    kinds = ("STP", "STP LMT", "TRAIL", "TRAIL LIMIT", "LMT", "MKT", *TEXTS)
    for kind in kinds:
        yield f"into {kind[:30]}", STOCK, replace(full, adjustedOrderType=kind)
    for kind in kinds[:4]:
        for name in ("triggerPrice", "adjustedStopPrice", "adjustedStopLimitPrice",
                     "adjustedTrailingAmount"):  # fmt: skip
            for value in (None, *NUMBERS):
                order = replace(full, adjustedOrderType=kind, **{name: value})
                yield f"{kind} {name}={value}", STOCK, order
        for unit in WHOLE:
            order = replace(full, adjustedOrderType=kind, adjustableTrailingUnit=unit)
            yield f"{kind} unit={unit}", STOCK, order


def conditions() -> Iterator[Case]:
    """Many conditions, of every type, joined in every way."""
    for many in (1, 2, 10, 11, 100, MOST_ELEMENTS):
        for joined in (True, False):
            found = [replace(PRICE, isConjunctionConnection=joined) for _ in range(many)]
            yield f"{many} conditions", STOCK, replace(LIMIT, conditions=found)
    for kind in (0, 1, 2, 3, 4, 5, 6, 7, 8, -1):
        for name, values in {
            "conId": WHOLE, "exchange": TEXTS, "price": NUMBERS, "triggerMethod": WHOLE,
            "time": TEXTS, "percent": WHOLE, "volume": WHOLE, "changePercent": NUMBERS,
            "symbol": TEXTS, "secType": TEXTS,
        }.items():  # fmt: skip
            for value in values:
                one = replace(PRICE, type=kind, **{name: value})
                order = replace(LIMIT, conditions=[PRICE, one], conditionsCancelOrder=True)
                yield f"condition {kind} {name}={value!s:.30}", STOCK, order


def companies() -> Iterator[Case]:
    """Groups, parents, tiers, attached orders, hedges: names and numbers that lead nowhere."""
    for name in (
        "ocaGroup", "faGroup", "faMethod", "faPercentage", "modelCode", "account", "hedgeParam",
        "hedgeType", "settlingFirm", "clearingAccount", "clearingIntent", "customerAccount",
        "shareholder", "submitter", "scaleTable",
        "advancedErrorOverride", "autoCancelDate", "extOperator",
    ):  # fmt: skip
        for value in TEXTS:
            order = replace(LIMIT, **{name: value})
            if name == "hedgeParam":
                order = replace(order, hedgeType="B", parentId=1)
            yield f"{name}={value[:30]!r}", STOCK, order
    for kind in "DBFPX":
        for value in TEXTS:
            order = replace(LIMIT, hedgeType=kind, hedgeParam=value, totalQuantity=Decimal(0))
            yield f"hedge {kind}{value[:30]!r}", STOCK, order
    for name in ("ocaType", "parentId", "hedgeMaxSize", "parentPermId",
                 "refFuturesConId", "whatIfType"):  # fmt: skip
        for number in WHOLE:
            order = replace(LIMIT, **{name: number}, ocaGroup="one")
            yield f"{name}={number}", STOCK, order
    for value in TEXTS:
        for part in ("name", "val", "displayName"):
            tier = replace(SoftDollarTier("a", "b", "c"), **{part: value})
            yield f"tier {part}={value[:30]!r}", STOCK, replace(LIMIT, softDollarTier=tier)


FAMILIES: dict[str, Callable[[], Iterator[Case]]] = {
    "algorithms": algorithms,
    "legs": legs,
    "adjusted": adjusted,
    "conditions": conditions,
    "companies": companies,
}


def sent(message: orders.PlaceOrder, version: int) -> bytes | None:
    """The bytes of a request; None of what no client of this format can send."""
    try:
        return encode(message, version)
    except (LocalProtocolError, ValueError):
        return None


@pytest.mark.further
@pytest.mark.long
@pytest.mark.parametrize("version", [TEXT, PROTOBUF])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_of_garbage(family: str, version: int) -> None:
    sender, found = Sender(version), 0
    for place, (_, contract, order) in enumerate(
        thinned(list(FAMILIES[family]()), check=5, test=5)
    ):
        if family == "companies" and place % 3 == 0:  # a parent that lives
            sender.client.send(orders.PlaceOrder(sender.next(), STOCK, replace(LIMIT, tif="GTC")))
            sender.client.got()
            order = replace(order, parentId=order.parentId or sender.order_id)
        data = sent(orders.PlaceOrder(sender.next(), contract, order), version)
        if data is not None:
            sender.place(data)
            found += 1
    assert found > 20
    sender.end()


@pytest.mark.long
def test_attached_orders_of_odd_types_and_ids() -> None:
    """They are told since server version 218, in protobuf alone."""
    sender = Sender(PROTOBUF)
    for place in ("sl", "pt"):
        for kind in ("PRESET", *TEXTS):
            for number in (None, *WHOLE, 10**6):
                found = {f"{place}OrderType": kind, f"{place}OrderId": number}
                message = orders.PlaceOrder(sender.next(), STOCK, LIMIT, AttachedOrders(**found))
                data = sent(message, PROTOBUF)
                if data is not None:
                    sender.place(data)
    sender.end()


@pytest.mark.long
@pytest.mark.further
@pytest.mark.parametrize("version", [TEXT, PROTOBUF])
def test_an_advisors_allocation_that_is_none(version: int) -> None:
    sender = Sender(version, advisor_desk)
    names = ("even", "ratio", "percent", "short", "money", "exact", "worth", "free", "change")
    methods = ("Equal", "EqualQuantity", "NetLiq", "AvailableEquity", "Ratio", "MonetaryAmount",
               "Percent", "ContractsOrShares", "PctChange")  # fmt: skip
    cases = [
        (name, method, part)
        for name in (*names, "none", *TEXTS[:6])
        for method in (*methods, *TEXTS[:8])
        for part in ("", "50", "-1", "nan", "x")
    ]
    cases += [("even", "PctChange", text) for text in TEXTS]
    for name, method, part in thinned(cases, check=29, test=5):
        order = replace(LIMIT, lmtPrice=99.0, faGroup=name, faMethod=method, faPercentage=part)
        data = sent(orders.PlaceOrder(sender.next(), STOCK, order), version)
        if data is not None:
            sender.place(data)
    for account in (MASTER, *PROFILE.accounts, "F1000000A", "All", "DU9", *TEXTS):
        order = replace(LIMIT, lmtPrice=99.0, account=account, faGroup="even" * (len(account) % 2))
        data = sent(orders.PlaceOrder(sender.next(), STOCK, order), version)
        if data is not None:
            sender.place(data)
    sender.end()


@pytest.mark.sample(1, test=3)
@pytest.mark.long
@pytest.mark.parametrize("many", [10_000, 100_000])
@pytest.mark.parametrize("part", ["legs", "conditions", "parameters", "prices"])
@pytest.mark.parametrize("version", [TEXT, PROTOBUF])
def test_more_of_anything_than_an_order_has(part: str, many: int, version: int) -> None:
    """Nothing is placed, the sender is told why, and the next order is taken."""
    sender = Sender(version)
    contract, order = STOCK, LIMIT
    if part == "legs":
        contract = replace(BAG, comboLegs=[LEG] * many)
    elif part == "prices":
        contract = replace(BAG, comboLegs=[LEG, OTHER])
        order = replace(LIMIT, orderComboLegs=[OrderComboLeg(1.0)] * many)
    elif part == "conditions":
        order = replace(LIMIT, conditions=[PRICE] * many)
    else:
        tags = [TagValue(f"tag{number}", "0.1") for number in range(many)]
        order = replace(LIMIT, algoStrategy="Vwap", algoParams=tags)
    data = sent(orders.PlaceOrder(sender.next(), contract, order), version)
    assert data is not None
    before = sender.hall.station.engine.state_hash()
    sender.place(data)
    assert sender.hall.station.engine.state_hash() == before
    assert (sender.accepted, sender.refused) == (0, 1)
    sender.client.send(orders.PlaceOrder(sender.next(), STOCK, LIMIT))
    assert any(isinstance(one, OpenOrder) for one in sender.client.got())
