"""The accounts of an advisor that are audited, what they trade, and their groups."""

from papertape.venue.reference.listings import EURUSD
from server.paper import D, Kind
from venue.test_contract_ends import AAPL, CALL, INDEX_CALL, MES, PUT, TOMORROW
from venue.test_every_kind_of_money import (
    BOND,
    BRITISH,
    BTC,
    CFD,
    ENDING,
    FUND,
    FUTURE_PUT,
    GOLD,
    LATER,
    WARRANT,
)

MASTER, ONE, TWO, THREE, FOUR = "F1000000", "DU1", "DU2", "DU3", "DU4"
MODELS = {ONE: "portfolio", TWO: "reg_t", THREE: "portfolio", FOUR: "cash"}
BASES = {MASTER: "USD", ONE: "USD", TWO: "USD", THREE: "EUR", FOUR: "USD"}
PLANS = {MASTER: "fixed", ONE: "fixed", TWO: "tiered", THREE: "fixed", FOUR: "fixed"}
WORDS = {
    # money of one piece at the price 1, as contract details and IBKR's product pages have it
    AAPL: Kind("STK", "USD", D(1)), BRITISH: Kind("STK", "GBP", D(1)),
    EURUSD: Kind("CASH", "USD", D(1), pair="EUR"),
    CALL: Kind("OPT", "USD", D(100), under=AAPL.conId),
    PUT: Kind("OPT", "USD", D(100), under=AAPL.conId),
    TOMORROW: Kind("OPT", "USD", D(100), under=AAPL.conId),
    INDEX_CALL: Kind("OPT", "USD", D(100)),
    MES: Kind("FUT", "USD", D(5), margin=1_080, micro=True),
    LATER: Kind("FUT", "USD", D(5), margin=1_080, micro=True),
    FUTURE_PUT: Kind("FOP", "USD", D(5), margin=1_080),
    BTC: Kind("CRYPTO", "USD", D(1)), CFD: Kind("CFD", "USD", D(1)),
    BOND: Kind("BOND", "USD", D(10)), ENDING: Kind("BOND", "USD", D(10)),
    GOLD: Kind("CMDTY", "USD", D(1)), FUND: Kind("FUND", "USD", D(1)),
    WARRANT: Kind("WAR", "GBP", D(1)),
}  # fmt: skip
KINDS = {entry.conId: kind for entry, kind in WORDS.items()}
LOTS = {"STK": 100, "CASH": 30_000, "BOND": 3, "CRYPTO": 1, "CFD": 40, "WAR": 500, "CMDTY": 7}
NEVER_SHORT = ("CRYPTO", "FUND", "WAR")
UNLENT = ("OPT", "WAR", "CRYPTO")
"""What is paid for in full."""
GBP = D("1.33")
GROUPS = {
    # method, what stands in the group for each account
    "even": ("Equal", {ONE: 0, TWO: 0, THREE: 0}),
    "ratio": ("Ratio", {ONE: 3, TWO: 1, THREE: 2}),
    "percent": ("Percent", {ONE: 50, TWO: 20, THREE: 30}),
    "money": ("MonetaryAmount", {ONE: 1_000, TWO: 4_000, THREE: 2_000}),
    "worth": ("NetLiq", {ONE: 0, TWO: 0, THREE: 0}),
    "free": ("AvailableEquity", {ONE: 0, TWO: 0, THREE: 0}),
    "exact": ("ContractsOrShares", {ONE: 20, TWO: 50, THREE: 30}),
    "change": ("PctChange", {ONE: 0, TWO: 0, THREE: 0}),
}
SPREAD = 2
"""Increments between bid and ask."""


def listed() -> str:
    text = ""
    for name, (method, members) in GROUPS.items():
        rows = "".join(
            f"<Account><acct>{code}</acct><amount>{number}</amount></Account>"
            for code, number in members.items()
        )
        text += f'<Group><name>{name}</name><ListOfAccts varName="list">{rows}</ListOfAccts>'
        text += f"<defaultMethod>{method}</defaultMethod></Group>"
    return f'<?xml version="1.0" encoding="UTF-8"?><ListOfGroups>{text}</ListOfGroups>'
