"""A glance at a plain order says what all checks of ``terms`` say, or nothing."""

from decimal import Decimal
from random import Random
from typing import Any, get_type_hints

import pytest

from papertape.model import Contract, Order, SoftDollarTier
from papertape.venue.broker import terms
from papertape.venue.broker.ledger import Account
from papertape.venue.broker.order_types import ORDER_TYPES
from papertape.venue.broker.plain_terms import PLAIN_TYPES, WITHOUT_EFFECT
from papertape.venue.facts import Terms
from papertape.venue.reference.descriptions import Refusal
from papertape.venue.reference.listings import CATALOGUE
from venue.test_funds import CALL, FUND, INSTRUMENTS
from walks import walk

NAN, INF = float("nan"), float("inf")
ATTRIBUTES = get_type_hints(Order)
ALWAYS = {
    "discretionaryAmt": 0.0, "peggedChangeAmount": 0.0, "referenceChangeAmount": 0.0,
    "softDollarTier": SoftDollarTier(),
}  # fmt: skip
OFFICIAL = {"tif": "DAY", **ALWAYS}
"""What ibapi 9.81 to 10.51.1 sends of a limit order besides what it is told."""
ASYNC = {"openClose": "O", "usePriceMgmtAlgo": False, **ALWAYS}
"""The same of ib_async 2.1.0 and ib_insync 0.9.86."""
STOCK = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
CONTRACTS = (
    *[STOCK] * 4,
    Contract(symbol="AAPL", secType="STK", exchange="IBKRATS", currency="USD"),
    Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD"),
    Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD"),
    Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD"),
    Contract(symbol="NOWHERE", secType="STK", exchange="SMART", currency="USD"),
    Contract(conId=FUND.conId, exchange="FUNDSERV"),
    Contract(conId=CALL.conId, exchange="SMART"),
)
MANAGED = [Account("F1", "USD", {}, advisor=True), Account("DU1", "USD", {})]
ACCOUNTS: tuple[dict[str, Account], ...] = (
    *[{"DU1": Account("DU1", "USD", {})}] * 4,
    {"DU1": Account("DU1", "USD", {}), "DU2": Account("DU2", "EUR", {})},
    {one.code: one for one in MANAGED[:1]},
    {one.code: one for one in MANAGED},
    {},
)
USUAL: dict[str, tuple[Any, ...]] = {
    "action": ("BUY", "SELL"),
    "totalQuantity": (Decimal(1), Decimal(100), Decimal(999_999_999)),
    "orderType": ("LMT", "LMT", "MKT", "STP", "STP LMT", "MIT", "LIT", "MTL"),
    "lmtPrice": (None, 250.0, 250.01, 1.1),
    "auxPrice": (None, 251.0),
    "tif": ("DAY", "", "GTC"),
}
ODD: dict[str, tuple[Any, ...]] = {
    "action": ("sell", "SSHORT", "HOLD", ""),
    "totalQuantity": (
        None, Decimal(0), Decimal(-1), Decimal("1.5"), Decimal("1.0"), Decimal("1E+2"),
        Decimal("0.0001"), Decimal(10**9), Decimal(10**9 + 1), Decimal("1E+999999"),
        Decimal("NaN"), Decimal("Infinity"), Decimal("sNaN"),
    ),
    "orderType": (*ORDER_TYPES, "LOC", "PEG MKT", "FEELINGS", "", "lmt"),
    "lmtPrice": (None, 0.0, -1.0, 250.005, 1e-9, 1e9, 1e300, NAN, INF),
    "auxPrice": (0.0, 251.005, -3.0, NAN, INF),
    "tif": ("IOC", "FOK", "DTC", "OPG", "GTD", "GTT", "Minutes", "AUC", "GTX", "OVERNIGHT + DAY"),
    "account": ("DU1", "DU2", "F1", "DU9"),
    "orderRef": ("mine",),
    "outsideRth": (True,),
    "transmit": (False,),
    "whatIf": (True,),
    "parentId": (7, -1, (1 << 31) - 1, 1 << 31),
    "ocaGroup": ("g",),
    "ocaType": (1, 2, 3, 4, -1, 1 << 31),
    "cashQty": (100.0, 0.0, NAN),
    "faGroup": ("All",),
    "hidden": (True,),
    "triggerMethod": (1, 5),
    "includeOvernight": (True,),
    "scaleTable": ("1",),
    "origin": (1 << 31,),
    "delta": (NAN,),
    "postOnly": (True,),
}  # fmt: skip


def any_order(random: Random, odd: int) -> Order:
    """An order with so many unusual attributes, and now and then one without an effect."""
    fields = {name: random.choice(values) for name, values in USUAL.items()}
    for name in random.sample(list(ODD), odd):
        fields[name] = random.choice(ODD[name])
    if random.random() < 0.3:
        name = random.choice(sorted(WITHOUT_EFFECT - {"softDollarTier"}))
        fields[name] = True if isinstance(getattr(Order(), name), bool) else "text"
    if random.random() < 0.2:
        fields["softDollarTier"] = SoftDollarTier("tier", "value", "shown")
    return Order(**fields)


def both(
    order: Order, contract: Contract, accounts: dict[str, Account], *, strict: bool
) -> tuple[Terms | Refusal, Terms | Refusal]:
    """What the checks say with the glance, and without it."""
    found = []
    for usual in (terms.plain_terms, lambda *_, **__: None):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(terms, "plain_terms", usual)
            found.append(terms.check(contract, order, INSTRUMENTS, accounts, strict_tif=strict))
    return found[0], found[1]


@pytest.mark.sample(1, test=3)
@pytest.mark.long
@pytest.mark.parametrize("odd", [0, 1, 2, 3])
def test_a_glance_says_what_all_checks_say(odd: int) -> None:
    random, refused = Random(odd), 0
    for _ in range(5000):
        order = any_order(random, odd)
        contract, accounts = random.choice(CONTRACTS), random.choice(ACCOUNTS)
        quick, slow = both(order, contract, accounts, strict=random.random() < 0.5)
        assert quick == slow, (order, contract, sorted(accounts))
        refused += isinstance(slow, Refusal)
    assert 300 < refused < 5000


@walk(("name", "tif"), PLAIN_TYPES)
def test_plain_orders_are_looked_at_no_further(
    name: str, tif: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(terms, "_words", raising=False)
    order = Order(action="BUY", totalQuantity=Decimal(1), orderType=name, tif=tif)
    kind = PLAIN_TYPES[name, tif]
    order.lmtPrice = 250.0 if kind.limit else None
    order.auxPrice = 251.0 if kind.stop else None
    found = terms.check(STOCK, order, CATALOGUE, ACCOUNTS[0])
    assert isinstance(found, Terms)
    assert found.orderType == kind.name


@walk("name", sorted(WITHOUT_EFFECT - {"softDollarTier"}))
def test_an_attribute_without_effect_changes_only_the_echo(name: str) -> None:
    order = Order(action="BUY", totalQuantity=Decimal(1), orderType="MKT", tif="DAY")
    setattr(order, name, True if isinstance(getattr(order, name), bool) else "text")
    quick, slow = both(order, STOCK, ACCOUNTS[0], strict=False)
    assert isinstance(quick, Terms)
    assert quick == slow
    assert name in quick.text


RELATIONS: tuple[dict[str, Any], ...] = (
    {"parentId": 7},
    {"ocaGroup": "g", "ocaType": 2},
    {"parentId": 7, "ocaGroup": "g"},
    {"parentId": 7, "ocaType": 4},
    {"ocaGroup": "g", "ocaType": 4},
    {"parentId": -1, "ocaGroup": "g"},
    {"ocaType": 3},
)


@walk("kind", ["MKT", "LMT", "STP LMT"])
@walk("related", RELATIONS)
def test_brackets_and_groups(related: dict[str, Any], kind: str) -> None:
    order = Order(action="BUY", totalQuantity=Decimal(1), orderType=kind, tif="DAY", **related)
    order.lmtPrice = None if kind == "MKT" else 250.0
    order.auxPrice = 251.0 if kind == "STP LMT" else None
    quick, slow = both(order, STOCK, ACCOUNTS[0], strict=True)
    assert quick == slow


@pytest.mark.parametrize("related", RELATIONS[:3])
def test_brackets_and_groups_are_looked_at_no_further(
    related: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(terms, "_words")
    order = Order(
        action="BUY", totalQuantity=Decimal(1), orderType="LMT", lmtPrice=250.0, **related
    )
    found = terms.check(STOCK, order, CATALOGUE, ACCOUNTS[0])
    assert isinstance(found, Terms)
    assert (found.extras.parent, found.extras.oca) == (order.parentId, order.ocaGroup)


@walk("kind", ["MKT", "LMT", "STP LMT"])
@walk("name", ODD)
def test_each_oddity_by_itself(name: str, kind: str) -> None:
    for value in ODD[name]:
        order = Order(action="BUY", totalQuantity=Decimal(1), orderType=kind, tif="DAY")
        order.lmtPrice = None if kind == "MKT" else 250.0
        order.auxPrice = 251.0 if kind == "STP LMT" else None
        setattr(order, name, value)
        quick, slow = both(order, STOCK, ACCOUNTS[0], strict=True)
        assert quick == slow, value


def zeros(name: str) -> list[Any]:
    """The values of an attribute that count as not set. One that equals the default counts as given
    where it is not the same object, as what comes from the wire."""
    kinds = {
        bool: [False],
        str: [""],
        Decimal: [Decimal(0)],
        list: [[]],
        int: [0],
        float: [float("0")],
    }
    told = str(ATTRIBUTES[name])
    return [value for kind, values in kinds.items() if kind.__name__ in told for value in values]


ZEROS = {name: found for name in ATTRIBUTES if name not in USUAL and (found := zeros(name))}


def test_the_zeros_that_clients_send_are_among_them() -> None:
    assert ZEROS.keys() >= {
        name for name in (*OFFICIAL, *ASYNC) if name.endswith(("Amount", "Amt"))
    }
    assert ZEROS["usePriceMgmtAlgo"] == [False]
    assert len(ZEROS) > 100


@walk("kind", ["MKT", "LMT", "STP LMT"])
@walk("name", ZEROS)
def test_a_zero_is_as_good_as_nothing(name: str, kind: str) -> None:
    for value in ZEROS[name]:
        order = Order(action="BUY", totalQuantity=Decimal(1), orderType=kind, tif="DAY")
        order.lmtPrice = None if kind == "MKT" else 250.0
        order.auxPrice = 251.0 if kind == "STP LMT" else None
        setattr(order, name, value)
        quick, slow = both(order, STOCK, ACCOUNTS[0], strict=True)
        assert quick == slow, value


@pytest.mark.parametrize("sent", [OFFICIAL, ASYNC], ids=["the official client", "ib_async"])
def test_what_clients_send_is_plain(sent: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(terms, "_words")
    order = Order(action="BUY", totalQuantity=Decimal(1), orderType="LMT", lmtPrice=250.0, **sent)
    assert isinstance(terms.check(STOCK, order, CATALOGUE, ACCOUNTS[0]), Terms)
