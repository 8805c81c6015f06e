"""Combinations: what is ordered as one, priced from its legs, filled leg by leg.

The dialect of tables is that of ``scenario``; the names of legs and combinations stand for numbers
and for fields of the contract.
"""

import json
import re
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertape.model import ComboLeg, Contract, ExecutionFilter, Order, OrderComboLeg, TagValue
from papertape.server.present.events import RequestRefusedEvent, WhatIfAnswered
from papertape.server.present.presenter import Presenter
from papertape.server.present.queries import Queries
from papertape.server.present.views import Views
from papertape.venue.broker.terms import check as check_terms
from papertape.venue.commands import SetMarginModel, SubmitOrder
from papertape.venue.facts import ActDone
from papertape.venue.invariants import check
from papertape.venue.reference.composition import COMBINATIONS_FROM
from papertape.venue.reference.instruments import Refusal
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.script import OrderRule, ScriptAct, ScriptRefused, SetHolding, SetRule
from papertape.venue.units import SECOND, cash_decimal
from venue.scenario import Stage, rows_of, shown, text_of
from venue.test_order_types import restarted
from walks import walk

C255, C260, C265 = 1224817705, 1224817709, 1224817713
"""Calls on Apple at these strikes that end on 17 April 2026."""
AAPL, SPY = 265598, 756733
NAMES = {"C255": C255, "C260": C260, "C265": C265}
"""Names of quoted contracts."""


def legs(*parts: tuple[int, int], exchange: str = "SMART") -> str:
    """Fields of a contract with legs: number and ratio, negative to sell."""
    rows = [
        {
            "conId": number,
            "ratio": abs(ratio),
            "action": "BUY" if ratio > 0 else "SELL",
            "exchange": exchange,
        }
        for number, ratio in parts
    ]
    return "secType=BAG comboLegs=" + json.dumps(rows, separators=(",", ":"))


COMBINATIONS = {
    "<vertical>": legs((C255, 1), (C260, -1)),
    "<butterfly>": legs((C255, 1), (C260, -2), (C265, 1)),
    "<covered>": legs((AAPL, 100), (C260, -1)),
    "<call>": "secType=OPT lastTradeDateOrContractMonth=20260417 strike=255 right=C",
    "<pair>": legs((AAPL, 2), (SPY, -1)),
    "<credit>": legs((C260, 1), (C255, -1)),
    "<both>": legs((AAPL, 1), (C255, 1)),
    "<one>": legs((AAPL, 1)),
    "<seven>": legs(*((number, 1) for number in range(1, 8))),
    "<twice>": legs((C255, 1), (C255, -1)),
    "<unknown>": legs((AAPL, 1), (77, -1)),
    "<currency>": legs((AAPL, 1), (12087792, -1)),
    "<foreign>": legs((AAPL, 1), (532640894, -1)),
    "<direct>": legs((AAPL, 1), (SPY, -1), exchange="NYSE"),
    "<loose>": 'smartComboRoutingParams=[{"tag":"NonGuaranteed","value":"1"}]',
}
QUOTES = """
    quote C255 6.00*50 x 6.20*50  -> .
    quote C260 3.00*50 x 3.10*40  -> .
    quote C265 1.20*50 x 1.25*50  -> .
    quote AAPL 257.66 x 257.68    -> .
    quote SPY 600.00 x 600.02     -> .
"""


def written(row: str) -> str:
    """A row with every name written out."""
    for name, fields in COMBINATIONS.items():
        row = row.replace(name, fields)
    return re.sub(r"\bC2\d\d\b", lambda found: str(NAMES[found[0]]), row)


def short(event: str) -> str:
    """An event with names instead of numbers."""
    for name, number in NAMES.items():
        event = event.replace(str(number), name)
    return event


TABLES = {
    "market orders trade every leg": """
        submit #1 BUY 2 AAPL MKT <vertical> orderRef=v  -> #1 accepted PreSubmitted
                -> #1 BOT 2 @ 3.2 Filled; #1 leg C255 BOT 2 @ 6.2; #1 leg C260 SLD 2 @ 3
                -> #1 fee 1.5365; #1 fee 1.5365
        submit #2 SELL 1 AAPL MKT <vertical>  -> #2 accepted Submitted; #2 SLD 1 @ 2.9 Filled
                -> #2 leg C255 SLD 1 @ 6; #2 leg C260 BOT 1 @ 3.1; #2 fee 0.76825 pnl -21.5365
                -> #2 fee 0.76825 pnl -11.5365
        submit #3 SELL 1 AAPL MKT IOC <vertical>  -> #3 accepted Submitted
                -> #3 SLD 1 @ 2.9 Filled; #3 leg C255 SLD 1 @ 6; #3 leg C260 BOT 1 @ 3.1
                -> #3 fee 0.76825 pnl -21.5365; #3 fee 0.76825 pnl -11.5365
        submit #4 BUY 1 AAPL MKT <butterfly>  -> #4 accepted PreSubmitted
                -> #4 BOT 1 @ 1.45 Filled; #4 leg C255 BOT 1 @ 6.2; #4 leg C260 SLD 2 @ 3
                -> #4 leg C265 BOT 1 @ 1.25; #4 fee 0.76825; #4 fee 1.5365; #4 fee 0.76825
        submit #5 BUY 2 AAPL MKT <covered>  -> #5 accepted PreSubmitted
                -> #5 BOT 2 @ 254.68 Filled; #5 leg 265598 BOT 200 @ 257.68
                -> #5 leg C260 SLD 2 @ 3; #5 fee 1.0006; #5 fee 1.5365
    """,
    "a limit rests on the net price, fills in parts, takes new terms, is cancelled": """
        submit #1 BUY 50 AAPL LMT 3.00 <vertical>  -> #1 accepted Submitted; #1 again Submitted
        quote C255 6.00*50 x 6.15*50  -> .
        quote C260 3.15*10 x 3.25*50  -> #1 BOT 10 @ 3 Submitted; #1 leg C255 BOT 10 @ 6.15
                -> #1 leg C260 SLD 10 @ 3.15; #1 fee 7.6825; #1 fee 7.6825
        quote C260 3.16*10 x 3.30*50  -> #1 BOT 10 @ 2.99 Submitted; #1 leg C255 BOT 10 @ 6.15
                -> #1 leg C260 SLD 10 @ 3.16; #1 fee 7.6825; #1 fee 7.6825
        submit #1 BUY 50 AAPL LMT 3.10 <vertical>  -> #1 replaced Submitted; #1 again Submitted
        quote C260 3.10*50 x 3.30*50  -> #1 BOT 30 @ 3.05 Filled; #1 leg C255 BOT 30 @ 6.15
                -> #1 leg C260 SLD 30 @ 3.1; #1 fee 23.0475; #1 fee 23.0475
        cancel #1  -> #1 refused 10148
        submit #2 BUY 5 AAPL LMT 2.00 <vertical>  -> #2 accepted Submitted; #2 again Submitted
        submit #2 BUY 4 AAPL LMT 2.10 <vertical>  -> #2 replaced Submitted; #2 again Submitted
        submit #2 BUY 4 AAPL LMT 2.10 <butterfly>  -> #2 refused 105
        cancel #2  -> #2 Cancelled
        submit #3 BUY 5 AAPL LMT 2.00 <vertical>  -> #3 accepted Submitted; #3 again Submitted
        quote C255 6.00*50 x 6.20*50  -> .
        submit #3 BUY 5 AAPL MKT <vertical>  -> #3 replaced Submitted; #3 BOT 5 @ 3.1 Filled
                -> #3 leg C255 BOT 5 @ 6.2; #3 leg C260 SLD 5 @ 3.1; #3 fee 3.84125
                -> #3 fee 3.84125
    """,
    "net prices of nothing and less": """
        submit #1 SELL 3 AAPL LMT <pair> lmtPrice=-84.70 symbol=AAPL,SPY  -> #1 accepted Submitted
                -> #1 SLD 3 @ -84.7 Filled; #1 leg 265598 SLD 6 @ 257.66
                -> #1 leg 756733 BOT 3 @ 600.02; #1 fee 1.033035; #1 fee 1.000009
        submit #2 BUY 3 AAPL LMT <pair> lmtPrice=-85  -> #2 accepted Submitted
                -> #2 again Submitted
        quote SPY 600.40 x 600.42  -> #2 BOT 3 @ -85.04 Filled; #2 leg 265598 BOT 6 @ 257.68
                -> #2 leg 756733 SLD 3 @ 600.4; #2 fee 1.000018 pnl -2.153053
                -> #2 fee 1.037699 pnl -0.897708
        submit #3 BUY 1 AAPL LMT <vertical> lmtPrice=0  -> #3 accepted Submitted
                -> #3 again Submitted
        submit #4 SELL 2 AAPL LMT 0 <vertical>  -> #4 accepted Submitted; #4 SLD 2 @ 2.9 Filled
                -> #4 leg C255 SLD 2 @ 6; #4 leg C260 BOT 2 @ 3.1; #4 fee 1.5365; #4 fee 1.5365
        submit #5 SELL 1 AAPL LMT <vertical> lmtPrice=-0.01  -> #5 accepted Submitted
                -> #5 SLD 1 @ 2.9 Filled; #5 leg C255 SLD 1 @ 6; #5 leg C260 BOT 1 @ 3.1
                -> #5 fee 0.76825; #5 fee 0.76825
    """,
    "in parts, each of them billed once": """
        quote AAPL 257.66 x 257.68*200  -> .
        submit #1 BUY 300 AAPL LMT <pair> lmtPrice=-84  -> #1 accepted Submitted
                -> #1 BOT 100 @ -84.64 Submitted; #1 leg 265598 BOT 200 @ 257.68
                -> #1 leg 756733 SLD 100 @ 600; #1 fee 1.0006; #1 fee 2.2558
        quote AAPL 257.66 x 258.10*201  -> .
        submit #1 BUY 320 AAPL LMT <pair> lmtPrice=-83  -> #1 replaced Submitted
                -> #1 BOT 100 @ -83.8 Submitted; #1 leg 265598 BOT 200 @ 258.1
                -> #1 leg 756733 SLD 100 @ 600; #1 fee 1.0006; #1 fee 2.2558
        quote SPY 600.00*10 x 600.02  -> .
        quote AAPL 257.66 x 257.70*400  -> #1 BOT 10 @ -84.6 Submitted
                -> #1 leg 265598 BOT 20 @ 257.7; #1 leg 756733 SLD 10 @ 600; #1 fee 0.10006
                -> #1 fee 0.12558
        quote SPY 600.00*200 x 600.02  -> #1 BOT 110 @ -84.6 Filled
                -> #1 leg 265598 BOT 220 @ 257.7; #1 leg 756733 SLD 110 @ 600; #1 fee 1.10066
                -> #1 fee 1.48138
    """,
    "at once, as a whole, all or none": """
        submit #1 BUY 60 AAPL LMT 3.20 FOK <vertical>  -> #1 OrderInactive Inactive
        submit #2 BUY 60 AAPL LMT 3.20 IOC <vertical>  -> #2 accepted Submitted
                -> #2 BOT 50 @ 3.2 Submitted; #2 leg C255 BOT 50 @ 6.2; #2 leg C260 SLD 50 @ 3
                -> #2 fee 38.4125; #2 fee 38.4125; #2 PendingCancel; #2 Cancelled
        submit #3 BUY 1 AAPL LMT 3.10 IOC <vertical>  -> #3 PendingCancel; #3 Cancelled
        submit #4 BUY 45 AAPL LMT 3.20 <vertical> allOrNone=true  -> #4 accepted Submitted
                -> #4 again Submitted
        quote C255 6.00*50 x 6.20*44  -> .
        quote C260 3.00*50 x 3.10*40  -> .
        quote C255 6.00*50 x 6.20*45  -> #4 BOT 45 @ 3.2 Filled; #4 leg C255 BOT 45 @ 6.2
                -> #4 leg C260 SLD 45 @ 3; #4 fee 34.57125; #4 fee 34.57125
        submit #5 BUY 5 AAPL LMT 3.20 FOK <vertical>  -> #5 OrderInactive Inactive
    """,
    "the day ends for one and not for the other": """
        submit #1 BUY 1 AAPL LMT 2 <vertical>  -> #1 accepted Submitted; #1 again Submitted
        submit #2 BUY 1 AAPL LMT 2 GTC <vertical>  -> #2 accepted PreSubmitted
                -> #2 again Submitted
        clock 20260414 00:00:01  -> #1 Cancelled
        quote C255 6.00*50 x 6.15*50  -> .
        clock 20260415 00:00:01  -> .
        quote C260 4.20*50 x 4.30*50  -> #2 BOT 1 @ 1.95 Filled; #2 leg C255 BOT 1 @ 6.15
                -> #2 leg C260 SLD 1 @ 4.2; #2 fee 0.76825; #2 fee 0.76825
    """,
    "legs that are not guaranteed": """
        submit #1 BUY 2 AAPL LMT <vertical> <loose> lmtPrice=3.10  -> #1 accepted PreSubmitted
        quote C255 6.00*50 x 6.10*50  -> #1 BOT 2 @ 3.1 Filled; #1 leg C255 BOT 2 @ 6.1
                -> #1 leg C260 SLD 2 @ 3; #1 fee 1.5365; #1 fee 1.5365
        submit #2 BUY 2 AAPL LMT <vertical> <loose> orderComboLegs=[{"price":6.05},{"price":3.0}]  -> #2 accepted PreSubmitted
        quote C255 6.00*50 x 6.05*50  -> #2 BOT 2 @ 3.05 Filled; #2 leg C255 BOT 2 @ 6.05
                -> #2 leg C260 SLD 2 @ 3; #2 fee 1.5365; #2 fee 1.5365
        submit #3 BUY 2 AAPL LMT <vertical> <loose> orderComboLegs=[{"price":6.05},{"price":3.01}]  -> #3 accepted PreSubmitted
        submit #4 BUY 2 AAPL LMT <vertical> <loose> orderComboLegs=[{},{"price":3.0}] lmtPrice=3  -> #4 accepted PreSubmitted
        submit #5 BUY 5 AAPL LMT GTC <vertical> <loose> lmtPrice=1  -> #5 accepted PreSubmitted
        submit #5 BUY 5 AAPL LMT GTC <vertical> <loose> lmtPrice=1.5  -> #5 replaced PreSubmitted
                -> #5 again PreSubmitted
        cancel #5  -> #5 Cancelled
    """,  # noqa: E501
    "legs that follow each other": """
        submit #1 BUY 2 AAPL LMT_+_MKT <vertical> <loose> lmtPrice=3.10  -> #1 accepted PreSubmitted
        quote C255 6.00*50 x 6.10*50  -> #1 BOT 2 @ 3.1 Filled; #1 leg C255 BOT 2 @ 6.1
                -> #1 leg C260 SLD 2 @ 3; #1 fee 1.5365; #1 fee 1.5365
        submit #2 BUY 2 AAPL REL_+_MKT <vertical> <loose> auxPrice=0.03  -> #2 accepted PreSubmitted
        quote C255 6.00*50 x 6.04*50  -> .
        quote C255 6.00*50 x 6.03*1  -> #2 BOT 1 @ 3.03 Submitted; #2 leg C255 BOT 1 @ 6.03
                -> #2 leg C260 SLD 1 @ 3; #2 fee 0.76825; #2 fee 0.76825
        submit #2 BUY 3 AAPL REL_+_MKT <vertical> <loose> auxPrice=0.03  -> #2 replaced Submitted
        quote C255 6.00*50 x 6.03*50  -> #2 BOT 2 @ 3.03 Filled; #2 leg C255 BOT 2 @ 6.03
                -> #2 leg C260 SLD 2 @ 3; #2 fee 1.5365; #2 fee 1.5365
        submit #3 BUY 2 AAPL REL_+_LMT <vertical> smartComboRoutingParams=[{"tag":"NonGuaranteed","value":"1"},{"tag":"LeginPrio","value":"2"}] lmtPrice=3.00  -> #3 accepted PreSubmitted
        quote C260 3.00*50 x 3.01*50  -> .
        quote C255 5.90*50 x 6.00*50  -> #3 BOT 2 @ 3 Filled; #3 leg C255 BOT 2 @ 6
                -> #3 leg C260 SLD 2 @ 3; #3 fee 1.5365; #3 fee 1.5365
    """,  # noqa: E501
    "segments, and the range of another price": """
        submit #1 BUY 5 AAPL MKT <vertical> smartComboRoutingParams=[{"tag":"NonGuaranteed","value":"1"},{"tag":"MaxSegSize","value":"2"}]  -> #1 accepted PreSubmitted
                -> #1 BOT 2 @ 3.2 Submitted; #1 leg C255 BOT 2 @ 6.2; #1 leg C260 SLD 2 @ 3
                -> #1 fee 1.5365; #1 fee 1.5365
        quote C255 5.90*50 x 6.01*50  -> #1 BOT 2 @ 3.01 Submitted; #1 leg C255 BOT 2 @ 6.01
                -> #1 leg C260 SLD 2 @ 3; #1 fee 1.5365; #1 fee 1.5365
        quote C255 5.90*50 x 6.02*50  -> #1 BOT 1 @ 3.02 Filled; #1 leg C255 BOT 1 @ 6.02
                -> #1 leg C260 SLD 1 @ 3; #1 fee 0.76825; #1 fee 0.76825
        submit #2 BUY 1 AAPL MKT <vertical> smartComboRoutingParams=[{"tag":"NonGuaranteed","value":"1"},{"tag":"PriceCondConid","value":"265598"},{"tag":"CondPriceMin","value":"258"},{"tag":"CondPriceMax","value":"259"}]  -> #2 accepted PreSubmitted
        trade AAPL 257.99  -> .
        trade AAPL 259.01  -> .
        trade AAPL 258.50  -> #2 BOT 1 @ 3.02 Filled; #2 leg C255 BOT 1 @ 6.02
                -> #2 leg C260 SLD 1 @ 3; #2 fee 0.76825; #2 fee 0.76825
    """,  # noqa: E501
    "a bracket of combinations": """
        submit #1 BUY 5 AAPL LMT 3.00 <vertical> transmit=false  -> .
        submit #2 SELL 5 AAPL LMT 3.40 <vertical> parentId=1  -> #1 accepted Submitted
                -> #2 accepted PreSubmitted child; #2 again PreSubmitted child
                -> #1 again Submitted
        quote C255 6.00*50 x 6.10*50  -> .
        quote C260 3.10*50 x 3.15*50  -> #1 BOT 5 @ 3 Filled; #1 leg C255 BOT 5 @ 6.1
                -> #1 leg C260 SLD 5 @ 3.1; #1 fee 3.84125; #1 fee 3.84125; #2 again Submitted
        quote C255 6.60*2 x 6.70*50  -> #2 SLD 2 @ 3.45 Submitted; #2 leg C255 SLD 2 @ 6.6
                -> #2 leg C260 BOT 2 @ 3.15; #2 fee 1.5365 pnl 96.927; #2 fee 1.5365 pnl -13.073
        cancel #2  -> #2 Cancelled
    """,
    "a group that reduces": """
        submit #1 BUY 4 AAPL LMT 2.50 <vertical> ocaGroup=g ocaType=3  -> #1 accepted Submitted
                -> #1 again Submitted
        submit #2 BUY 4 AAPL LMT 2.00 <vertical> ocaGroup=g ocaType=3  -> #2 accepted Submitted
                -> #2 again Submitted
        quote C255 5.60*50 x 5.70*50  -> .
        quote C260 3.20*2 x 3.30*50  -> #1 BOT 2 @ 2.5 Submitted; #1 leg C255 BOT 2 @ 5.7
                -> #1 leg C260 SLD 2 @ 3.2; #1 fee 1.5365; #1 fee 1.5365; #2 replaced Submitted
        quote C260 3.20*5 x 3.30*50  -> #1 BOT 2 @ 2.5 Filled; #1 leg C255 BOT 2 @ 5.7
                -> #1 leg C260 SLD 2 @ 3.2; #1 fee 1.5365; #1 fee 1.5365; #2 Cancelled
    """,
    "conditions, and a condition of a combination's trade": """
        submit #1 BUY 1 AAPL LMT 3.20 <vertical> conditions=[{"type":1,"conId":756733,"isMore":true,"price":600}]  -> #1 accepted PreSubmitted
                -> #1 again PreSubmitted
        submit #2 BUY 1 AAPL LMT 250 conditions=[{"type":5,"symbol":"AAPL","secType":"BAG"}]  -> #1 again Submitted
                -> #1 BOT 1 @ 3.2 Filled; #1 leg C255 BOT 1 @ 6.2; #1 leg C260 SLD 1 @ 3
                -> #1 fee 0.76825; #1 fee 0.76825; #2 accepted PreSubmitted
                -> #2 again PreSubmitted
        trade SPY 599  -> .
        trade SPY 600  -> .
    """,  # noqa: E501
    "a pair of stocks is sold and bought back": """
        submit #1 SELL 10 AAPL MKT <pair>  -> #1 accepted Submitted; #1 SLD 10 @ -84.7 Filled
                -> #1 leg 265598 SLD 20 @ 257.66; #1 leg 756733 BOT 10 @ 600.02; #1 fee 1.110116
                -> #1 fee 1.00003
        submit #2 BUY 10 AAPL MKT <pair>  -> #2 accepted PreSubmitted; #2 BOT 10 @ -84.64 Filled
                -> #2 leg 265598 BOT 20 @ 257.68; #2 leg 756733 SLD 10 @ 600
                -> #2 fee 1.00006 pnl -2.510176; #2 fee 1.12558 pnl -2.32561
        submit #3 BUY 1000000 AAPL MKT <pair>  -> #3 Inactive: In order to obtain the desired position your Equity with Loan Value [972,430.96 USD] must exceed the new total Initial Margin of [184,032,750.00 USD]
    """,  # noqa: E501
    "what a combination cannot be": """
        submit #1 BUY 1 AAPL LMT 3 secType=BAG  -> #1 refused 314
        submit #1 BUY 1 AAPL LMT 3 <one>  -> #1 refused 312
        submit #1 BUY 1 AAPL LMT 3 <seven>  -> #1 refused 312
        submit #1 BUY 1 AAPL LMT 3 <twice>  -> #1 refused 312
        submit #1 BUY 1 AAPL LMT 3 secType=BAG comboLegs=[{"conId":265598,"ratio":1,"action":"BUY","exchange":"SMART"},{"conId":756733,"ratio":0,"action":"BUY","exchange":"SMART"}]  -> #1 refused 313
        submit #1 BUY 1 AAPL LMT 3 secType=BAG comboLegs=[{"conId":265598,"ratio":1,"action":"SSHORT","exchange":"SMART"},{"conId":756733,"ratio":1,"action":"BUY","exchange":"SMART"}]  -> #1 refused 313
        submit #1 BUY 1 AAPL LMT 3 secType=BAG comboLegs=[{"conId":265598,"ratio":1,"action":"BUY","exchange":"SMART","openClose":4},{"conId":756733,"ratio":1,"action":"BUY","exchange":"SMART"}]  -> #1 refused 313
        submit #1 BUY 1 AAPL LMT 3 secType=BAG comboLegs=[{"conId":265598,"ratio":1,"action":"BUY","exchange":"SMART","shortSaleSlot":1},{"conId":756733,"ratio":1,"action":"BUY","exchange":"SMART"}]  -> #1 refused 201
        submit #1 BUY 1 AAPL LMT 3 <unknown>  -> #1 refused 200
        submit #1 BUY 1 AAPL LMT 3 <currency>  -> #1 refused 313
        submit #1 BUY 1 AAPL LMT 3 <direct>  -> #1 refused 315
        submit #1 BUY 1 AAPL LMT 3 <pair> exchange=NYSE  -> #1 refused 315
        submit #1 BUY 1 AAPL LMT 3 <foreign>  -> #1 refused 10000
        submit #1 BUY 1 AAPL LMT 3 <pair> currency=EUR  -> #1 refused 10000
        submit #1 BUY 1 IBM LMT 3 <pair>  -> #1 refused 200
        submit #1 BUY 1 AAPL LMT 3 <pair> conId=265598  -> #1 refused 200
        submit #1 BUY 1 AAPL LMT 3 comboLegs=[{"conId":265598,"ratio":1,"action":"BUY","exchange":"SMART"}]  -> #1 refused 312
    """,  # noqa: E501
    "what an order for one cannot be": """
        submit #1 BUY 1 AAPL STP 3 <vertical>  -> #1 refused 387
        submit #1 BUY 1 AAPL TRAIL auxPrice=1 <vertical>  -> #1 refused 387
        submit #1 BUY 1 AAPL TRAIL_LMT_+_MKT 3 <vertical> <loose>  -> #1 refused 387
        submit #1 BUY 1 AAPL LMT_+_MKT 3 <vertical>  -> #1 refused 387
        submit #1 BUY 1 AAPL LMT_+_MKT 3  -> #1 refused 387
        submit #1 BUY 1 AAPL XYZ 3 <vertical>  -> #1 refused 321
        submit #1 BUY 1 AAPL LMT 3 OPG <vertical>  -> #1 refused 111
        submit #1 BUY 1 AAPL LMT 3.001 <vertical>  -> #1 refused 110
        submit #1 BUY 1 AAPL LMT <vertical> lmtPrice=inf  -> #1 refused 321
        submit #1 BUY 1 AAPL LMT <vertical>  -> #1 refused 463
        submit #1 BUY 1 AAPL LMT 3 <vertical> goodAfterTime=20260414-14:00:00  -> #1 refused 349
        submit #1 BUY 10 AAPL LMT 3 <vertical> minQty=5  -> #1 refused 350
        submit #1 BUY 1 AAPL LMT 3 <vertical> <loose> ocaGroup=g ocaType=3  -> #1 refused 356
        submit #1 BUY 1 AAPL LMT 3 <vertical> ocaGroup=g ocaType=1  -> #1 refused 359
        submit #1 BUY 1 AAPL LMT 3 <vertical> <loose> parentId=7  -> #1 refused 358
        submit #1 BUY 1 AAPL LMT 3 <vertical> <loose> whatIf=true  -> #1 refused 360
        submit #1 BUY 1 AAPL LMT 3 <vertical> discretionaryAmt=0.05  -> #1 refused 325
        submit #1 BUY 1 AAPL LMT 3 <vertical> orderComboLegs=[{"price":6.05},{"price":3.0}]  -> #1 refused 10002
        submit #1 BUY 1 AAPL LMT 3 <butterfly> <loose> orderComboLegs=[{"price":6.05},{"price":3.0},{"price":1}]  -> #1 refused 10002
        submit #1 BUY 1 AAPL LMT <vertical> <loose> orderComboLegs=[{"price":6.05}]  -> #1 refused 312
        submit #1 BUY 1 AAPL LMT <vertical> <loose> orderComboLegs=[{"price":-6.05},{"price":3.0}]  -> #1 refused 463
        submit #1 BUY 1 AAPL LMT 250 <loose>  -> #1 refused 201
        submit #1 BUY 1 AAPL LMT 250 orderComboLegs=[{"price":6.05}]  -> #1 refused 201
        submit #1 BUY 1 AAPL LMT 3 <vertical> algoStrategy=Adaptive  -> #1 refused 442
        submit #1 BUY 1 AAPL LMT 3 <vertical> postOnly=true  -> #1 refused 10340
        submit #1 BUY 4 AAPL LMT 3 <vertical> scaleInitLevelSize=1 scalePriceIncrement=0.05  -> #1 refused 387
        submit #1 BUY 1 AAPL LMT 3 <vertical> minTradeQty=1  -> #1 refused 10302
        submit #1 BUY 1 AAPL VOL <vertical> volatility=0.2  -> #1 refused 387
        submit #1 BUY 1 AAPL LMT 3 <vertical> cashQty=100  -> #1 refused 10244
        submit #1 BUY 1 AAPL LMT 3 <vertical> hedgeType=D  -> #1 refused 10007
        submit #1 BUY 1 AAPL LMT 3 <vertical>  -> #1 accepted Submitted; #1 again Submitted
    """,  # noqa: E501
}  # fmt: skip


def rows(name: str) -> list[tuple[str, list[str]]]:
    """The rows of a table behind those that quote every leg."""
    return rows_of(QUOTES + TABLES[name])


@pytest.mark.long
@walk("name", TABLES)
def test_it_goes_as_its_table_says(name: str) -> None:
    stage = Stage()
    for row, expected in rows(name):
        assert told(stage, row) == expected, row
    stage.assert_replays()


@pytest.mark.long
@pytest.mark.parametrize("name", TABLES)
def test_a_restart_anywhere_in_between_changes_nothing(name: str) -> None:
    table = rows(name)
    for cut in range(6, len(table)):
        stage = Stage()
        for number, (row, expected) in enumerate(table):
            if number == cut:
                stage.engine = restarted(stage)
                views = Views(stage.engine.instruments, stage.engine.profile)
                stage.presenter, stage.queries = Presenter(views), Queries(stage.engine, views)
            assert told(stage, row) == expected, (cut, row)


@pytest.mark.long
@walk("name", TABLES)
def test_what_openorder_shows_may_be_sent_back(name: str) -> None:
    """As programs do that change one field of the order that they are shown."""
    stage = Stage()
    for row, _ in rows(name):
        told(stage, row)
        for view in stage.queries.open_orders():
            known = stage.engine.state.orders[view.permId]
            again = SubmitOrder(1, view.orderId, view.contract, view.order)
            fresh = check_terms(
                again.contract, again.order, stage.engine.instruments, stage.engine.state.accounts,
                now=stage.now,
            )  # fmt: skip
            assert not isinstance(fresh, Refusal), (row, fresh)
            assert (fresh.conId, fresh.limit) == (known.terms.conId, known.terms.limit)
            assert fresh.extras.combo == known.terms.extras.combo


def told(stage: Stage, row: str) -> list[str]:
    """What a row brings, with names, after a check of every invariant."""
    happened = [short(one) for one in shown(stage.step(written(row)))]
    check(stage.engine)
    stage.journal += stage.engine.drain_journal()
    return happened


def played(*more: str) -> Stage:
    """A stage on which every leg is quoted, after some rows."""
    stage = Stage()
    for row in (*(row for row, _ in rows_of(QUOTES)), *more):
        stage.step(written(row))
    check(stage.engine)
    return stage


# -- what it leaves -------------------------------------------------------------------------------


def test_positions_cash_and_fees_are_those_of_the_legs() -> None:
    stage = played("submit #1 BUY 2 AAPL MKT <vertical>", "submit #2 SELL 1 AAPL MKT <vertical>")
    account = stage.engine.state.accounts["DU1234567"]
    held = {number: place.quantity for number, place in account.positions.items()}
    assert held == {C255: 1_0000, C260: -1_0000}
    fees = 6 * 768_250
    assert account.cash["USD"] == account.opening_cash["USD"] - 640_000_000 + 290_000_000 - fees
    profits = {number: place.realized for number, place in account.positions.items()}
    assert profits == {C255: -21_536_500, C260: -11_536_500}


def test_the_contract_is_echoed_as_recorded() -> None:
    stage = played("submit #1 BUY 1 AAPL LMT <vertical> <loose> orderComboLegs=" + PRICES)
    (view,) = stage.queries.open_orders()
    contract, order = view.contract, view.order
    assert contract == Contract(
        conId=28812380, symbol="AAPL", secType="BAG", strike=0.0, exchange="SMART", currency="USD",
        localSymbol="AAPL", tradingClass="COMB", comboLegsDescrip=f"{C255}|1,{C260}|-1",
        comboLegs=[
            ComboLeg(conId=C255, ratio=1, action="BUY", exchange="SMART"),
            ComboLeg(conId=C260, ratio=1, action="SELL", exchange="SMART"),
        ],
    )  # fmt: skip
    assert (order.lmtPrice, order.auxPrice, order.trailStopPrice) == (None, 0.0, None)
    assert order.orderComboLegs == [OrderComboLeg(0.04), OrderComboLeg(0.01)]
    assert order.smartComboRoutingParams == [TagValue("NonGuaranteed", "1")]
    assert (view.status, order.ocaType, order.clearingIntent) == ("PreSubmitted", 3, "IB")


PRICES = '[{"price":0.04},{"price":0.01}]'


def test_executions_of_legs_have_a_fifth_segment() -> None:
    stage = played("submit #1 BUY 2 AAPL MKT <vertical>")
    whole, *parts = stage.queries.executions()
    first = whole.execution.execId
    assert first.endswith(".01.01") and first.count(".") == 3
    stem = first.removesuffix(".01.01")
    assert [row.execution.execId for row in parts] == [f"{stem}.02.01.01", f"{stem}.03.01.01"]
    assert (whole.contract.secType, whole.contract.conId, whole.report) == ("BAG", 28812380, None)
    assert whole.contract.comboLegs == [] and whole.execution.price == 3.2
    assert [row.contract.conId for row in parts] == [C255, C260]
    assert [row.report.execId for row in parts if row.report] == [
        row.execution.execId for row in parts
    ]
    assert [row.execution.side for row in (whole, *parts)] == ["BOT", "BOT", "SLD"]
    assert all(row.execution.exchange not in ("", "SMART") for row in parts)
    assert len({row.execution.permId for row in (whole, *parts)}) == 1


def test_executions_are_found_by_kind_and_time() -> None:
    stage = played("submit #1 BUY 2 AAPL MKT <vertical>", "submit #2 BUY 1 AAPL MKT")
    found = {
        kind: len(stage.queries.executions(ExecutionFilter(secType=kind)))
        for kind in ("BAG", "OPT", "STK", "")
    }
    assert found == {"BAG": 1, "OPT": 2, "STK": 1, "": 4}


def test_cumulated_sizes_and_prices_of_legs() -> None:
    stage = played(
        "submit #1 BUY 50 AAPL LMT 3.10 <butterfly>", "quote C255 5.00*50 x 5.10*10",
        "quote C255 5.00*50 x 5.20*50",
    )  # fmt: skip
    rows = [row for row in stage.queries.executions() if row.contract.conId == C255]
    assert [row.execution.cumQty for row in rows][-1] == sum(row.execution.shares for row in rows)
    last, paid = rows[-1].execution, [row.execution for row in rows]
    assert last.avgPrice == pytest.approx(
        float(sum(one.shares * Decimal(str(one.price)) for one in paid) / last.cumQty)
    )


def test_a_finished_order_is_shown_with_its_legs_until_the_day_ends() -> None:
    stage = played(
        "submit #1 BUY 2 AAPL MKT <vertical>", "submit #2 BUY 2 AAPL LMT <pair> lmtPrice=-90"
    )
    told(stage, "cancel #2")
    filled, cancelled = stage.queries.completed_orders()
    assert [len(one.contract.comboLegs) for one in (filled, cancelled)] == [2, 2]
    assert (filled.avgFillPrice, filled.lastFillPrice) == (3.2, 3.2)


def test_combinations_are_forgotten_a_day_after_the_last_order() -> None:
    stage = played(
        "submit #1 BUY 2 AAPL MKT <vertical>", "submit #2 BUY 2 AAPL LMT GTC <pair> lmtPrice=-90"
    )
    known = stage.engine.state.combinations
    counts = [len(known)]
    for day in (14, 15, 16):
        stage.step(f"clock 202604{day} 00:00:01")
        counts.append(len(known))
    assert counts == [2, 2, 1, 1]
    assert len(stage.queries.open_orders()) == 1


@walk("name", ["<vertical>", "<covered>", "<pair>", "<butterfly>", "<credit>"])
def test_a_preview_tells_the_margin_that_the_legs_together_will_need(name: str) -> None:
    stage = played()
    event = stage.step(written(f"submit #1 BUY 2 AAPL MKT {name} whatIf=true"))[-1]
    assert isinstance(event, WhatIfAnswered)
    stage.step(written(f"submit #2 BUY 2 AAPL MKT {name}"))
    margin, account = stage.engine.broker.margin, stage.engine.state.accounts["DU1234567"]
    state, then = event.view.state, margin.exposure(account)
    assert state.maintMarginAfter == cash_decimal(then.maintenance)
    assert state.initMarginAfter == cash_decimal(then.initial)
    fees = stage.queries.order(1, 2).state.commissionAndFees
    assert state.commissionAndFees == pytest.approx(fees, abs=0.05), "at the touch, not the middle"


def test_a_vertical_needs_less_than_its_legs_one_by_one() -> None:
    stage = played()
    needs = {}
    for name, row in {
        "together": "SELL 1 AAPL MKT <vertical>",
        "alone": "SELL 1 AAPL MKT <call>",
    }.items():
        event = stage.step(written(f"submit #1 {row} whatIf=true"))[-1]
        assert isinstance(event, WhatIfAnswered)
        needs[name] = event.view.state.maintMarginAfter
    assert 0 < needs["together"] < needs["alone"]


def test_a_cash_account_pays_in_full_and_sells_what_it_has() -> None:
    stage = played()
    stage.submit(SetMarginModel("DU1234567", "cash"))
    assert told(stage, "submit #1 BUY 1 AAPL MKT <vertical>")[0].startswith("#1 Inactive")
    stage.step(written("submit #2 BUY 300 AAPL MKT"))
    assert told(stage, "submit #3 BUY 1 AAPL LMT 200 <both>")[0] == "#3 accepted Submitted"
    assert told(stage, "submit #4 BUY 10000 AAPL LMT 200 <both>")[0].startswith("#4 Inactive")


# -- numbers and hostile input --------------------------------------------------------------------


def test_equal_legs_are_one_combination_and_other_legs_another() -> None:
    stage = played(
        "submit #1 BUY 1 AAPL LMT 1 <vertical>", "submit #2 BUY 1 AAPL LMT 1 <vertical>",
        "submit #3 BUY 1 AAPL LMT 1 <butterfly>",
    )  # fmt: skip
    one, two, three = (order.terms.conId for order in stage.engine.state.orders.values())
    assert one == two != three and min(one, three) >= COMBINATIONS_FROM
    assert len(stage.engine.state.combinations) == 2
    assert stage.engine.instruments[one].secType == "BAG"
    assert CATALOGUE.get(one) is None, "another venue has not heard of it"


def test_the_number_of_a_combination_inside_the_venue_means_nothing_to_a_client() -> None:
    stage = played("submit #1 BUY 1 AAPL LMT 1 <vertical>")
    (order,) = stage.engine.state.orders.values()
    number = order.terms.conId
    assert told(stage, f"submit #2 BUY 1 AAPL LMT 1 secType= conId={number}") == ["#2 refused 200"]
    legs_of_it = legs((number, 1), (C255, -1))
    assert told(stage, f"submit #2 BUY 1 AAPL LMT 1 {legs_of_it}") == ["#2 refused 200"]
    with pytest.raises(ScriptRefused):
        stage.submit(SetHolding("DU1234567", number, 10_000))


def test_a_rule_of_a_world_takes_and_cancels_a_combination_and_fills_none() -> None:
    stage = played()
    stage.submit(SetRule(OrderRule(acts=(ScriptAct("fill"), ScriptAct("cancel", 5 * SECOND)))))
    assert told(stage, "submit #1 BUY 1 AAPL MKT <vertical>") == ["#1 accepted Submitted"]
    facts = [fact for entry in stage.journal[-1:] for fact in entry.facts]
    (act,) = [fact for fact in facts if isinstance(fact, ActDone)]
    assert act.problem.startswith("a combination fills from the quotes of its legs")
    assert told(stage, "quote C255 6.00 x 6.10") == []
    assert told(stage, "clock 20260413 10:00:30") == ["#1 PendingCancel", "#1 Cancelled"]


def test_a_combination_of_ten_thousand_legs_is_refused_before_they_are_looked_at() -> None:
    stage, looked = played(), []
    contract = Contract(symbol="AAPL", secType="BAG", exchange="SMART", currency="USD")
    contract.comboLegs = [ComboLeg(conId=AAPL, ratio=1, action="BUY", exchange="SMART")] * 10_000
    get = stage.engine.instruments.get
    stage.engine.instruments.get = lambda number: looked.append(number) or get(number)  # type: ignore
    order = Order(action="BUY", totalQuantity=Decimal(1), orderType="MKT", tif="DAY")
    assert shown(stage.submit(SubmitOrder(1, 1, contract, order))) == ["#1 refused 312"]
    assert not looked and not stage.engine.state.combinations


@walk(
    ("tag", "code", "good", "bad"),
    [
        ("NonGuaranteed", 10002, "0 1", "2 x -1 nan"),
        ("LeginPrio", 10022, "0 1 2", "3 -1 0.5 inf x"),
        ("MaxSegSize", 10023, "1 100", "0 -1 1e99 x"),
        ("DontLeginNext", 10024, "0 1", "2 x"),
        ("ChangeToMktTime1", 10025, "0 60", "-1 1e9 nan"),
        ("ChangeToMktTime2", 10026, "0 60", "-1 1e9 nan"),
        ("DiscretionaryPct", 10021, "0 12.5 100", "-1 101 nan"),
        ("PriceCondConid", 10027, "", "265598 77 x -1 1e30"),
        ("CondPriceMin", 10027, "", "1 -1"),
        ("CondPriceMax", 10027, "", "1 nan"),
        ("Unheard", 10027, "", "1"),
    ],
)
def test_every_routing_parameter_is_checked(tag: str, code: int, good: str, bad: str) -> None:
    stage = played()
    for number, value in enumerate(good.split(), 1):
        assert routed(stage, number, (tag, value)) == f"#{number} accepted", value
    for value in bad.split():
        assert routed(stage, 99, (tag, value)) == f"#99 refused {code}", value
    if tag != "NonGuaranteed" and good:
        refused = routed(stage, 99, (tag, good.split()[0]), sure=True)
        assert refused == "#99 refused 10002", "it says nothing of legs that are guaranteed"


def routed(stage: Stage, order_id: int, *params: tuple[str, str], sure: bool = False) -> str:
    """The first two words about an order with these parameters, and its code where it is one."""
    rows = [TagValue(tag, value) for tag, value in params]
    if not sure and params[0][0] != "NonGuaranteed":
        rows.append(TagValue("NonGuaranteed", "1"))
    text = msgspec.json.encode(rows).decode()
    row = f"submit #{order_id} BUY 1 AAPL LMT 1 <vertical> smartComboRoutingParams={text}"
    return told(stage, row)[0].removesuffix(" PreSubmitted").removesuffix(" Submitted")


def test_what_has_no_tape_is_not_asked_for_ticks() -> None:
    """A leg, the instrument of a range and that of a condition may be quoted by nobody."""
    unquoted = 1224817717  # another call on Apple
    stage = played(
        f"submit #1 BUY 1 AAPL MKT {legs((C255, 1), (unquoted, -1))}",
        f'submit #2 BUY 1 AAPL LMT 250 conditions=[{{"type":1,"conId":{unquoted},"price":9}}]',
    )
    assert routed(
        stage, 3, ("PriceCondConid", str(unquoted)), ("CondPriceMin", "0.01"), ("MaxSegSize", "1")
    ) == "#3 accepted"  # fmt: skip
    told(stage, "quote C255 6.00 x 6.10")
    told(stage, "clock 20260413 10:30:00")
    assert unquoted not in stage.market.tape
    assert C255 in stage.market.asked and unquoted not in stage.market.asked
    assert len(stage.engine.state.orders) == 3


def test_guarantee_is_a_number_however_it_is_written() -> None:
    stage = played()
    for number, value in enumerate(("1", "1.0", "01"), 1):
        assert routed(stage, number, ("NonGuaranteed", value)) == f"#{number} accepted"
        (*_, order) = stage.engine.state.orders.values()
        assert order.terms.extras.legged and order.status == "PreSubmitted"
        params = msgspec.json.encode([TagValue("NonGuaranteed", value)]).decode()
        row = f"submit #9 BUY 1 AAPL LMT 1 <vertical> whatIf=true smartComboRoutingParams={params}"
        assert told(stage, row) == ["#9 refused 360"]


def test_parameters_come_once_and_ranges_are_not_turned_round() -> None:
    stage = played()
    once = routed(stage, 1, ("MaxSegSize", "1"), ("MaxSegSize", "2"))
    turned = routed(
        stage, 1, ("PriceCondConid", str(AAPL)), ("CondPriceMin", "9"), ("CondPriceMax", "8")
    )
    many = routed(stage, 1, *[("MaxSegSize", "1")] * 5000)
    assert {once, turned, many} == {"#1 refused 10027"}


@pytest.mark.long
@given(st.data())
def test_any_numbers_in_legs_and_prices_give_an_answer(data: st.DataObject) -> None:
    """Refused or taken: no number, however odd, breaks the venue."""
    stage = played()
    number = st.sampled_from([C255, C260, AAPL, SPY, 12087792, 0, -1, 2**31, 2**40])
    whole = st.integers(-(2**31), 2**31 - 1) | st.integers(-1, 4)
    word = st.sampled_from(["BUY", "SELL", "buy", "SSHORT", "", "SMART", "NYSE", "x" * 50])
    leg = st.builds(ComboLeg, number, whole, word, word, whole, st.sampled_from([0, 0, 1]))
    price = st.floats() | st.none() | st.sampled_from([3.0, -1.5, 0.0, 1e300])
    contract = Contract(
        symbol=data.draw(st.sampled_from(["AAPL", "AAPL,SPY", "", "x" * 100_000])), secType="BAG",
        exchange=data.draw(word), currency=data.draw(st.sampled_from(["USD", "EUR", "", "XXX"])),
        comboLegs=data.draw(st.lists(leg, max_size=8)),
    )  # fmt: skip
    tag = st.sampled_from(["NonGuaranteed", "LeginPrio", "MaxSegSize", "PriceCondConid", ""])
    value = st.text(max_size=30) | st.sampled_from(["1", "0", "2", "nan", "-inf", "9" * 5000])
    order = Order(
        action="BUY", totalQuantity=data.draw(st.sampled_from([Decimal(1), Decimal(10**9)])),
        orderType=data.draw(st.sampled_from(["LMT", "MKT", "REL + LMT", "LMT + MKT", "STP"])),
        lmtPrice=data.draw(price), auxPrice=data.draw(price), tif="DAY",
        orderComboLegs=data.draw(st.lists(st.builds(OrderComboLeg, price), max_size=3)),
        smartComboRoutingParams=data.draw(st.lists(st.builds(TagValue, tag, value), max_size=4)),
    )  # fmt: skip
    before = stage.engine.state_hash()
    told_of = stage.submit(SubmitOrder(1, 1, contract, order))
    check(stage.engine)
    assert told_of
    if isinstance(told_of[0], RequestRefusedEvent):
        assert text_of(told_of[0]) and stage.engine.state_hash() == before
