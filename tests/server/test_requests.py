"""Whatever a request says, the station knows an answer: 323 is told of none.

Requests of every kind, several in a row, at any version, over the tape that a station plays. Their
fields hold what a program may put there: what fits together, what is known to be odd, and noise.
"""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.errors import LocalProtocolError
from papertape.model import Contract
from papertape.server.handlers import HANDLERS
from papertape.venue.market.tape import open_market
from papertape.wire import catalogue
from papertape.wire.catalogue.session import ErrorMessage, StartApi
from papertape.wire.message import Message
from server.pair import VERSIONS, Hall
from venue.scenario import START
from wire.messages import instances, kind_of, name_of, versions

SERVED = tuple(cls for cls in HANDLERS if cls is not StartApi)
OTHERS = tuple(cls for cls in catalogue.REQUESTS.values() if cls not in HANDLERS)
KNOWN = (
    Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD"),
    Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD"),
    Contract(conId=756733),
    Contract(conId=756733, exchange="SMART"),
    Contract(
        symbol="SPY", secType="STK", exchange="ISLAND", currency="USD", primaryExchange="ARCA"
    ),
    Contract(),
)
ENDS = (
    "", "00010101 00:00:00 UTC", "00010101 00:00:00 Asia/Tokyo", "00010101-00:00:00", "20260413",
    "99991231 23:59:59 US/Eastern", "99991231 23:59:59 Asia/Tokyo", "99991231-23:59:59",
    "13:00:00 US/Eastern", "13:00:00", "24:00:00", "20260413 09:30:00 America", "20260413-09:30:00",
    "20260308 02:30:00 US/Eastern", "20260413 09:30:00 \x1b[31m", "19010101-00:00:00",
)  # fmt: skip
TEXTS = (
    "", " ", "0", "-1", "1", "All", "DU1234567", "100,101", "1e400", "NaN", "é", "X" * 300, "12:00",
    *ENDS,
)  # fmt: skip
NUMBERS = (0, 1, -1, 2, 3, 4, 5, 7, 100, 2**31 - 1, -(2**31))
HUGE = 1.7976931348623157e308
FLOATS = (0.0, -0.0, 1.0, 100.5, 0.01, 1e-9, 1e18, 1e300, HUGE, -1.0, float("inf"))
DECIMALS = tuple(map(Decimal, ("0", "1", "-1", "100", "0.0001", "0.00001", "1E+30", "1E-30")))
POOLS: dict[str, tuple[Any, ...]] = {
    "str": TEXTS, "number": ("", "1", "100"), "int": NUMBERS, "long": NUMBERS, "float": FLOATS,
    "bool": (False, True), "decimal": DECIMALS,
}  # fmt: skip
MEANT: dict[str, tuple[Any, ...]] = {
    "endDateTime": ENDS,
    "startDateTime": ENDS,
    "time": ENDS,
    "goodTillDate": ENDS,
    "goodAfterTime": ENDS,
    "duration": ("60 S", "1 D", "1 W", "12 M", "1 Y", "68 Y", "3600", "1 d", "366 D"),
    "barSizeSetting": ("1 secs", "5 secs", "1 min", "1 hour", "1 day", "1W", "1M"),
    "whatToShow": ("TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK"),
    "formatDate": (1, 2, 3),
    "keepUpToDate": (False, True),
    "genericTickList": ("", "233", "mdoff", "233,mdoff", "100,101,104,106", "258", "x"),
    "action": ("BUY", "SELL"),
    "orderType": ("LMT", "MKT", "STP", "STP LMT"),
    "tif": ("DAY", "GTC", "IOC", "GTD", ""),
    "totalQuantity": DECIMALS,
    "lmtPrice": FLOATS,
    "tags": ("NetLiquidation", "NetLiquidation,BuyingPower", "$LEDGER", "$LEDGER:ALL", "All"),
    "acctCode": ("", "DU1234567", "All"),
    "account": ("", "DU1234567", "All"),
    "group": ("All", ""),
}
"""What fields of a request are for; the others get what fits their type."""


@st.composite
def requests(draw: st.DrawFn, cls: type[Message]) -> Any:
    """A request of noise, most of its fields replaced by what may mean something."""
    made = draw(instances(cls))
    return _sensible(draw, made, cls)


def _sensible(draw: st.DrawFn, made: Any, cls: type[Message]) -> Any:
    """Fields that have a meaning nearly always get one; of the others half stay as they are by
    default, so that a request is not refused for a field that hardly anybody uses."""
    changes: dict[str, Any] = {}
    usual = type(made)()
    for name in made.__struct_fields__:
        value = getattr(made, name)
        chance = draw(st.integers(0, 39))
        if isinstance(value, Contract):
            changes[name] = draw(st.sampled_from(KNOWN)) if chance else value
        elif isinstance(value, msgspec.Struct):
            changes[name] = _sensible(draw, value, cls)
        elif name in MEANT and chance:
            changes[name] = draw(st.sampled_from(MEANT[name]))
        elif chance > 2 or value is None or isinstance(value, list):
            changes[name] = getattr(usual, name)
        elif chance > 1:
            changes[name] = draw(st.sampled_from(POOLS[kind_of(type(value), name)]))
    return msgspec.structs.replace(made, **changes)


@pytest.mark.sample(5, test=3)
@pytest.mark.parametrize("cls", SERVED, ids=name_of)
@tries(5)
@given(data=st.data())
def test_no_request_that_is_served_is_answered_with_323(
    cls: type[Message], data: st.DataObject
) -> None:
    ask(cls, data)


@pytest.mark.parametrize("cls", OTHERS, ids=name_of)
@tries(2)
@given(data=st.data())
def test_nor_is_one_that_is_not(cls: type[Message], data: st.DataObject) -> None:
    ask(cls, data)


def ask(cls: type[Message], data: st.DataObject) -> None:
    """A request of that kind, perhaps others, and one of that kind again."""
    hall = Hall(market=open_market(START))
    version = data.draw(st.sampled_from([v for v in VERSIONS if v in versions(cls)] or [226]))
    client = hall.client(data.draw(st.sampled_from((0, 1))), version)
    hall.wait(1)
    kinds = [cls, *data.draw(st.lists(st.sampled_from(SERVED), max_size=2)), cls]
    for kind in kinds:
        try:
            sent = client.connection.send(data.draw(requests(kind)))
        except (LocalProtocolError, ValueError):
            continue  # no version has a form for it, or not this one
        client.raw(sent)
    hall.wait(3)
    told = [(e.errorCode, e.errorMsg) for e in client.got() if isinstance(e, ErrorMessage)]
    assert not [text for code, text in told if code == 323]
