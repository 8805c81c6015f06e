"""An advisor's login: groups and aliases, orders that are divided, what is told of groups."""

from decimal import Decimal
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from papertape.model import Contract, Order
from papertape.venue.broker.profile import Profile
from papertape.venue.invariants import check
from papertape.wire.catalogue import account, fa, reports, session
from papertape.wire.catalogue.orders import PlaceOrder
from server.pair import VERSIONS, Client, Hall
from walks import walk

MASTER, ONE, TWO, THREE = "F1000000", "DU1", "DU2", "DU3"
PROFILE = Profile(accounts=(ONE, TWO, THREE), advisor=MASTER)
TAIL = (100, 203, 213, 226)
"""Text, the first protobuf messages, those of advisors in protobuf, everything."""


def group(name: str, method: str, **members: object) -> str:
    accounts = "".join(
        f"<Account><acct>{code}</acct><amount>{number}</amount></Account>"
        for code, number in members.items()
    )
    return (
        f'<Group><name>{name}</name><ListOfAccts varName="list">{accounts}</ListOfAccts>'
        f"<defaultMethod>{method}</defaultMethod></Group>"
    )


def listed(*groups: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><ListOfGroups>{"".join(groups)}</ListOfGroups>'


GROUPS = listed(
    group("even", "Equal", DU1=0, DU2=0, DU3=0),
    group("ratio", "Ratio", DU1=2, DU2=1),
    group("percent", "Percent", DU1=60, DU2="40.0"),
    group("short", "Percent", DU1=60, DU2=30),
    group("money", "MonetaryAmount", DU1=1000, DU2=3000),
    group("exact", "ContractsOrShares", DU1=30, DU3=70),
    group("worth", "NetLiq", DU1=0, DU2=0),
    group("free", "AvailableEquity", DU1=0, DU2=0),
    group("change", "PctChange", DU1=0, DU2=0, DU3=0),
)


def desk(version: int = 226) -> tuple[Hall, Client]:
    hall = Hall(profile=PROFILE)
    hall.quote("AAPL 100.00*9999 x 100.00*9999")
    client = hall.client(1, version)
    client.got()
    client.send(fa.ReplaceFA(5, 1, GROUPS)).got()
    return hall, client


def placed(number: int, size: int, **more: Any) -> PlaceOrder:
    order = Order(action="BUY", totalQuantity=Decimal(size), orderType="MKT", tif="DAY")
    for name, value in more.items():
        setattr(order, name, value)
    contract = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    return PlaceOrder(number, contract, order)


def held(hall: Hall) -> dict[str, Decimal]:
    check(hall.station.engine)
    return {row.account: row.position for row in hall.station.queries.positions()}


def test_the_master_comes_first_and_has_no_money() -> None:
    client = Hall(profile=PROFILE).client(quiet=False)
    (told,) = client.of(session.ManagedAccounts)
    assert told.accountsList == f"{MASTER},{ONE},{TWO},{THREE}"
    client.send(account.ReqAccountSummary(1, "All", "NetLiquidation"))
    values = {row.account: row.value for row in client.of(account.AccountSummary)}
    assert values == {MASTER: "0.00", **dict.fromkeys((ONE, TWO, THREE), "1000000.00")}


@pytest.mark.long
@walk("version", [one for one in VERSIONS if one >= 157])
def test_groups_come_back_as_they_were_sent(version: int) -> None:
    hall, client = desk(version)
    client.send(fa.ReplaceFA(6, 1, GROUPS))
    (end,) = client.of(fa.ReplaceFAEnd)
    assert (end.reqId, end.text) == (6, "success")
    client.send(fa.RequestFA(1))
    (answer,) = client.of(fa.ReceiveFA)
    tree = ElementTree.fromstring(answer.xml)
    names = [one.findtext("name") for one in tree]
    assert answer.faDataType == 1 and names[:3] == ["even", "ratio", "percent"]
    members = [(m.findtext("acct"), m.findtext("amount")) for m in tree[2].iter("Account")]
    assert members == [(ONE, "60.0"), (TWO, "40.0")]
    assert tree[2].findtext("defaultMethod") == "Percent"
    assert hall.station.queries.groups()[0].members == ((ONE, 0), (TWO, 0), (THREE, 0))
    client.send(fa.ReplaceFA(7, 1, answer.xml))
    assert client.of(fa.ReplaceFAEnd)


def test_older_clients_replace_without_an_id_and_with_names_only() -> None:
    hall, client = desk(100)
    old = "<ListOfGroups><Group><name>old</name><ListOfAccts><String>DU2</String></ListOfAccts>"
    old += "<defaultMethod>EqualQuantity</defaultMethod></Group></ListOfGroups>"
    client.send(fa.ReplaceFA(0, 1, old))
    assert client.errors() == []
    (one,) = hall.station.queries.groups()
    assert (one.name, one.method, one.members) == ("old", "Equal", ((TWO, 0),))


def test_aliases_are_kept() -> None:
    hall, client = desk()
    text = "<ListOfAccountAliases><AccountAlias><account>DU1</account><alias>Ann</alias>"
    text += "</AccountAlias></ListOfAccountAliases>"
    client.send(fa.ReplaceFA(6, 3, text)).got()
    client.send(fa.RequestFA(3))
    (answer,) = client.of(fa.ReceiveFA)
    assert "<account>DU1</account><alias>Ann</alias>" in answer.xml
    assert hall.station.queries.aliases() == {ONE: "Ann"}
    client.send(fa.ReplaceFA(7, 3, text.replace("DU1", "DU9")))
    assert client.errors() == [
        (7, 10231, "The following Groups and/or Profiles contain invalid accounts: DU9")
    ]


BAD = {
    "an unknown account": (listed(group("x", "Equal", DU9=0)), 10231, "DU9"),
    "the master's own": (listed(group("x", "Equal", F1000000=0)), 10231, MASTER),
    "an unknown method": (listed(group("x", "Even", DU1=0)), 321, "'Even'"),
    "no account": (listed(group("x", "Equal")), 321, "has no account"),
    "a group twice": (listed(group("x", "Equal", DU1=0) * 2), 321, "a name of its own"),
    "the name of all": (listed(group("All", "Equal", DU1=0)), 321, "other than All"),
    "no name": (listed(group("", "Equal", DU1=0)), 321, "the name of a group"),
    "a negative number": (listed(group("x", "Ratio", DU1=-1)), 321, "negative or too large"),
    "no number": (listed(group("x", "Ratio", DU1="much")), 321, "is no number"),
    "infinity": (listed(group("x", "Ratio", DU1="Infinity")), 321, "is no number"),
    "another root": ("<ListOfProfiles/>", 321, "the root is not"),
    "no XML": ("groups", 321, "no XML"),
    "entities": ('<!DOCTYPE a [<!ENTITY b "c">]><ListOfGroups/>', 321, "document type"),
    "too many": ("<ListOfGroups>" + "<a/>" * 30_000 + "</ListOfGroups>", 321, "elements"),
}  # fmt: skip


@pytest.mark.long
@walk("name", BAD)
def test_what_is_no_list_of_groups_changes_nothing(name: str) -> None:
    text, code, words = BAD[name]
    hall, client = desk()
    before = hall.station.queries.groups()
    client.send(fa.ReplaceFA(6, 1, text))
    ((about, told, said),) = client.errors()
    assert (about, told) == (6, code) and words in said
    assert hall.station.queries.groups() == before


def test_profiles_are_gone_and_an_unknown_kind_is_refused() -> None:
    _, client = desk(157)
    client.send(fa.RequestFA(2))
    (answer,) = client.of(fa.ReceiveFA)
    assert "<ListOfAllocationProfiles>" in answer.xml
    client.send(fa.ReplaceFA(6, 9, GROUPS))
    assert client.errors()[0][:2] == (6, 321)


DIVIDED = {
    # group, size, what each account gets
    "equally, and the first ones what is left": ("even", 100, {ONE: 34, TWO: 33, THREE: 33}),
    "by ratio": ("ratio", 100, {ONE: 67, TWO: 33}),
    "by percentage": ("percent", 200, {ONE: 120, TWO: 80}),
    "by money": ("money", 200, {ONE: 50, TWO: 150}),
    "by numbers": ("exact", 100, {ONE: 30, THREE: 70}),
    "by worth": ("worth", 100, {ONE: 50, TWO: 50}),
    "by what is free": ("free", 100, {ONE: 50, TWO: 50}),
    "among all": ("All", 9, {ONE: 3, TWO: 3, THREE: 3}),
    "too few for all": ("even", 2, {ONE: 1, TWO: 1}),
}


@pytest.mark.long
@walk("version", TAIL)
@walk("name", DIVIDED)
def test_an_order_is_divided_by_the_method_of_its_group(name: str, version: int) -> None:
    wanted, size, expected = DIVIDED[name]
    hall, client = desk(version)
    if version < 157:
        client.send(fa.ReplaceFA(0, 1, GROUPS)).got()
    client.send(placed(1, size, faGroup=wanted))
    got = client.got()
    assert held(hall) == expected
    fills = [m.execution for m in got if isinstance(m, reports.ExecutionDetails)]
    assert [one.acctNumber for one in fills] == [MASTER, *expected], "the master's comes first"
    assert [one.shares for one in fills] == [size, *expected.values()]
    assert len({one.execId for one in fills}) == len(fills)
    costs = [m.commissionAndFees for m in got if isinstance(m, reports.CommissionReport)]
    assert sum(costs[1:]) == pytest.approx(costs[0]) and len(costs) == len(fills)
    (opened, *_) = [m for m in got if isinstance(m, reports.OpenOrder)]
    assert (opened.order.faGroup, opened.order.account) == (wanted, MASTER)
    again = [row.execution for row in hall.station.queries.executions()]
    assert [(one.acctNumber, one.shares) for one in again] == [
        (one.acctNumber, one.shares) for one in fills
    ]


def test_the_order_may_name_another_method_than_the_group() -> None:
    hall, client = desk()
    client.send(placed(1, 100, faGroup="ratio", faMethod="Equal"))
    assert held(hall) == {ONE: 50, TWO: 50}
    client.send(placed(2, 100, faGroup="even", faMethod="EqualQuantity"))
    assert held(hall) == {ONE: 84, TWO: 83, THREE: 33}


@pytest.mark.parametrize("method", ["PctChange", ""])
def test_what_is_held_changes_by_a_percentage(method: str) -> None:
    hall, client = desk()
    for number, (code, size) in enumerate({ONE: 100, TWO: 50}.items(), 1):
        client.send(placed(number, size, account=code))
    more = {"faGroup": "change", "faMethod": method}
    client.send(placed(3, 0, faPercentage="50", **more))
    assert held(hall) == {ONE: 150, TWO: 75}
    client.send(placed(4, 0, faPercentage="-100", action="SELL", **more))
    assert held(hall) == {ONE: 0, TWO: 0}


REFUSED = {
    "nobody's order": ({}, 436),
    "both": ({"faGroup": "even", "account": ONE}, 201),
    "an unknown group": ({"faGroup": "odd"}, 332),
    "an unknown method": ({"faGroup": "even", "faMethod": "Even"}, 332),
    "percentages of 90": ({"faGroup": "short"}, 10012),
    "another size": ({"faGroup": "exact", "totalQuantity": Decimal(99)}, 144),
    "no size": ({"faGroup": "even", "totalQuantity": Decimal(0)}, 434),
    "no percentage": ({"faGroup": "change", "totalQuantity": Decimal(0),
                       "faMethod": "PctChange"}, 10012),
    "nothing to change": ({"faGroup": "change", "totalQuantity": Decimal(0), "faPercentage": "5",
                           "faMethod": "PctChange"}, 333),
    "a percentage of something else": ({"faGroup": "even", "faPercentage": "50"}, 10012),
    "an unknown account": ({"account": "DU9"}, 201),
}  # fmt: skip


@pytest.mark.long
@walk("what_if", [False, True])
@walk("name", REFUSED)
def test_an_allocation_that_cannot_be_is_refused_by_code(name: str, what_if: bool) -> None:
    more, code = REFUSED[name]
    hall, client = desk()
    client.send(placed(1, 100, whatIf=what_if, **more) if "totalQuantity" not in more else placed(
        1, int(more["totalQuantity"]), whatIf=what_if,
        **{key: one for key, one in more.items() if key != "totalQuantity"},
    ))  # fmt: skip
    assert [(about, told) for about, told, _ in client.errors()] == [(1, code)]
    assert held(hall) == {}


def test_another_login_has_no_groups() -> None:
    hall = Hall()
    hall.quote("AAPL 100.00 x 100.00")
    client = hall.client()
    client.got()
    client.send(placed(1, 100, faGroup="even"))
    assert client.errors()[0][:2] == (1, 344)


def test_every_account_must_carry_its_part() -> None:
    hall, client = desk()
    client.send(placed(1, 200_000, faGroup="percent"))
    ((about, code, said),) = client.errors()
    assert (about, code) == (1, 201) and "Equity with Loan Value" in said
    assert held(hall) == {}


def test_a_what_if_costs_what_the_order_then_does() -> None:
    _, client = desk()
    listed_ = listed(group("even", "Equal", DU1=0, DU2=0, DU3=0), group("lone", "Equal", DU2=0))
    client.send(fa.ReplaceFA(6, 1, listed_)).got()
    for number, name in ((1, "even"), (3, "lone")):
        client.send(placed(number, 90, faGroup=name, whatIf=True))
        (answer,) = client.of(reports.OpenOrder)
        assert answer.orderState.maintMarginChange == 1_350
        assert answer.orderState.equityWithLoanChange == Decimal("-1.00027")
        client.send(placed(number + 1, 90, faGroup=name))
        costs = [one.commissionAndFees for one in client.of(reports.CommissionReport)]
        assert costs[0] == answer.orderState.commissionAndFees == 1.00027
        assert sum(costs[1:]) == pytest.approx(1.00027)


def test_a_what_if_is_that_of_all_accounts() -> None:
    hall, client = desk()
    client.send(placed(1, 100, faGroup="even", whatIf=True))
    (answer,) = client.of(reports.OpenOrder)
    state = answer.orderState
    assert float(state.maintMarginChange) == pytest.approx(1_500)
    assert float(state.equityWithLoanBefore) == 3_000_000
    assert held(hall) == {}


def test_fills_come_piece_by_piece_and_end_at_the_shares() -> None:
    hall, client = desk()
    hall.quote("AAPL 100.00*7 x 100.00*7")
    client.send(placed(1, 100, faGroup="ratio"))
    seen = [held(hall)]
    for size in (1, 1, 5, 11, 2, 40, 100):
        hall.quote(f"AAPL 100.00*{size} x 100.00*{size}")
        seen.append(held(hall))
    assert seen[-1] == {ONE: 67, TWO: 33}
    for one in seen:
        total = sum(one.values())
        assert abs(one[ONE] - total * Decimal(67) / 100) < 2, one
    for before, after in pairwise(seen):
        assert all(after[code] >= size for code, size in before.items())


def test_positions_and_summaries_of_a_group() -> None:
    _, client = desk()
    client.send(placed(1, 100, faGroup="even")).got()
    client.send(account.ReqPositionsMulti(4, "ratio", ""))
    rows = client.of(account.PositionMulti)
    assert [(row.account, row.position) for row in rows] == [(ONE, 34), (TWO, 33)]
    client.send(account.ReqAccountSummary(5, "exact", "NetLiquidation"))
    assert [row.account for row in client.of(account.AccountSummary)] == [ONE, THREE]
    client.send(account.ReqAccountSummary(6, "odd", "NetLiquidation"))
    assert [(about, code) for about, code, _ in client.errors()] == [(6, 322)]
    client.send(placed(2, 3, faGroup="even"))
    got = client.got()
    told = [m for m in got if isinstance(m, account.PositionMulti)]
    assert [row.account for row in told] == [ONE, TWO]
