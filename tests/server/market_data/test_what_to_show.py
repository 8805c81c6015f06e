"""What a history can be made of, by kind of contract."""

from typing import Any

import pytest

from papertape.server.market_data.bad_request import BadRequest
from papertape.server.market_data.what_to_show import WHAT_TO_SHOW, named, source_of
from papertape.venue.reference.securities import KINDS, Instrument
from walks import walk

PRODUCTS = {
    "TRADES": "BOND STK OPT FOP FUT CONTFUT IND WAR NEWS BAG",
    **dict.fromkeys(
        ("MIDPOINT", "BID", "ASK", "BID_ASK"),
        "BOND STK OPT FOP FUT CONTFUT WAR CASH CRYPTO CMDTY CFD FUND NEWS BAG",
    ),
    "AGGTRADES": "CRYPTO",
    **dict.fromkeys(("HISTORICAL_VOLATILITY", "OPTION_IMPLIED_VOLATILITY"), "STK IND"),
    **dict.fromkeys(("FEE_RATE", "ADJUSTED_LAST"), "STK"),
    **dict.fromkeys(("YIELD_BID", "YIELD_ASK", "YIELD_BID_ASK", "YIELD_LAST"), "BOND"),
    "SCHEDULE": "BOND STK FUT CONTFUT IND FUND WAR CASH CRYPTO CMDTY CFD NEWS BAG",
}
"""As the vendor's table has it; what nobody can ask for is there too."""


def entry(kind: str) -> Instrument:
    fields: dict[str, Any] = dict.fromkeys(("currency", "primaryExchange", "localSymbol"), "")
    fields |= {"tradingClass": "", "exchanges": ("SMART",), "longName": "", "scale": 1, "tick": 1}
    return KINDS[kind](conId=1, symbol="X", secType=kind, **fields)


def refusal(what: str, kind: str) -> tuple[int, str | None]:
    with pytest.raises(BadRequest) as error:
        source_of(what, entry(kind), "SMART")
    return error.value.code, error.value.variant


@walk("text", ["TRADES", "midpoint", " BID ", "ASK", "BID_ASK", "schedule"])
def test_names_are_read_in_any_case(text: str) -> None:
    assert named(text) == text.strip().upper()


@walk("text", ["", "TRADE", "HIGH"])
def test_other_things_to_show_are_refused(text: str) -> None:
    with pytest.raises(BadRequest) as error:
        named(text)
    assert (error.value.code, error.value.variant) == (321, "what_to_show")


@walk("what", sorted(WHAT_TO_SHOW))
@walk("kind", sorted(KINDS))
def test_each_kind_has_what_the_table_says(what: str, kind: str) -> None:
    if kind in PRODUCTS[what].split():
        assert source_of(what, entry(kind), "SMART") == what.replace("AGGTRADES", "TRADES")
    elif (what, kind) == ("TRADES", "CRYPTO"):
        assert refusal(what, kind) == (10299, None)
    else:
        assert refusal(what, kind) == (162, "no_data")
