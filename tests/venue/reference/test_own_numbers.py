"""Numbers of a user's contracts: their own first, the next one where two meet."""

import random

from papertape.venue.reference.custom import made, unnumbered
from papertape.venue.reference.numbers import USER_FROM
from papertape.venue.reference.own_numbers import all_numbered, identity_of, numbered, wanted
from papertape.venue.reference.securities import Instrument
from walks import walk

MEETING = ("JPZZ0", "DZSZ0")
"""Two American stocks that have the same first number."""


def stocks(*symbols: str) -> list[Instrument]:
    return [unnumbered({"symbol": symbol}) for symbol in symbols]


def test_the_two_meet() -> None:
    one, other = (made({"symbol": symbol}) for symbol in MEETING)
    assert one.conId == other.conId == 2_142_271_747


def test_of_two_that_meet_one_gives_way_whatever_their_order() -> None:
    one, other = all_numbered(stocks(*MEETING))
    assert one.conId != other.conId
    assert min(one.conId, other.conId) >= USER_FROM
    assert other.conId == made({"symbol": "DZSZ0"}).conId  # which sorts first
    assert all_numbered(stocks(*reversed(MEETING))) == [other, one]


def test_the_order_of_lines_and_other_lines_do_not_count() -> None:
    symbols = [f"A{number}" for number in range(300)]
    before = {entry.symbol: entry.conId for entry in all_numbered(stocks(*symbols, *MEETING))}
    assert all(before[name] == made({"symbol": name}).conId for name in symbols)
    random.Random(1).shuffle(symbols)
    after = all_numbered(stocks(*MEETING, *symbols[:100]))
    assert all(before[entry.symbol] == entry.conId for entry in after)


def test_a_number_that_was_given_stays_and_is_no_other_s() -> None:
    wants = made({"symbol": "ACME"}).conId
    given = unnumbered({"symbol": "OTHER", "conId": str(wants)})
    acme, other = all_numbered([unnumbered({"symbol": "ACME"}), given])
    assert other.conId == wants != acme.conId
    assert acme.conId == list(zip(wanted(identity_of(acme)), range(2)))[1][0]


def test_the_same_contract_twice_has_one_number() -> None:
    one, other = all_numbered(stocks("ACME", "ACME"))
    assert one.conId == other.conId


def test_a_single_one_goes_on_from_what_is_known() -> None:
    (acme,) = stocks("ACME")
    first = made({"symbol": "ACME"})
    other = unnumbered({"symbol": "OTHER", "conId": str(first.conId)})
    assert numbered(acme, {}.get) == first
    assert numbered(acme, {first.conId: first}.get) == first
    assert numbered(acme, {first.conId: other}.get).conId not in (0, first.conId)


OPTION = {
    "symbol": "ACME", "secType": "OPT", "exchange": "SMART,CBOE", "lastTradeDate": "20261218",
    "strike": "12.5", "right": "C", "multiplier": "100",
}  # fmt: skip


@walk("other", [{"strike": "12.50"}, {"right": "call"}, {"multiplier": "100.0"}, {"longName": "A"}])
def test_a_contract_that_is_written_otherwise_keeps_its_number(other: dict[str, str]) -> None:
    assert made(OPTION | other).conId == made(OPTION).conId


@walk(
    "other",
    [{"strike": "13"}, {"right": "P"}, {"multiplier": "10"}, {"tradingClass": "ACM2"},
     {"lastTradeDate": "20261219"}, {"localSymbol": "X"}, {"currency": "EUR"}],
)  # fmt: skip
def test_another_contract_has_another_number(other: dict[str, str]) -> None:
    assert made(OPTION | other).conId != made(OPTION).conId


def test_a_coin_has_a_number_at_each_of_its_exchanges() -> None:
    coin = {"symbol": "ZZZ", "secType": "CRYPTO"}
    assert made(coin | {"exchange": "PAXOS"}).conId != made(coin | {"exchange": "ZEROHASH"}).conId


def test_an_option_at_smart_has_its_number_whatever_exchanges_follow() -> None:
    told = {
        "symbol": "ACME", "secType": "OPT", "lastTradeDate": "20270115", "strike": "50",
        "right": "C", "multiplier": "100",
    }  # fmt: skip
    entries = [
        unnumbered({**told, "exchange": f"SMART{more}"}) for more in ("", ",CBOE", ",AMEX,CBOE")
    ]
    assert [entry.place for entry in entries] == ["SMART", "CBOE", "AMEX"]
    assert len({entry.conId for entry in all_numbered(entries)}) == 1
    there = unnumbered({**told, "exchange": "CBOE"})
    assert identity_of(there) != identity_of(entries[0])
