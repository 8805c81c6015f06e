"""When an order may trade, and how contract details spell the hours."""

from hypothesis import given
from hypothesis import strategies as st

from papertape.model import Contract
from papertape.venue.reference.details import contract_details
from papertape.venue.reference.instruments import Refusal
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.sessions import EXTENDED, NIGHT, REGULAR, TradingHours
from papertape.venue.units import DAY, MINUTE
from venue.scenario import at
from walks import walk

AAPL, EURUSD, EBS = 265598, 12087792, 273982664
HOURS = TradingHours(CATALOGUE, exchange=True)
ALWAYS = TradingHours(CATALOGUE)
REACHES = {"regular": REGULAR, "extended": EXTENDED, "night": NIGHT}

# now, reach -> opens (- is open), turns next, a day order lapses
TABLE = """
20260824 10:00:00 regular  -                 20260824 16:00:00 20260824 16:00:00
20260824 15:59:59 regular  -                 20260824 16:00:00 20260824 16:00:00
20260824 16:00:00 regular  20260825 09:30:00 20260825 09:30:00 20260825 16:00:00
20260824 09:30:00 regular  -                 20260824 16:00:00 20260824 16:00:00
20260824 08:00:00 regular  20260824 09:30:00 20260824 09:30:00 20260824 16:00:00
20260824 08:00:00 extended -                 20260824 20:00:00 20260824 20:00:00
20260824 18:00:00 extended -                 20260824 20:00:00 20260824 20:00:00
20260824 20:00:00 extended 20260825 04:00:00 20260825 04:00:00 20260825 20:00:00
20260824 21:00:00 night    -                 20260825 03:50:00 20260825 20:00:00
20260825 03:55:00 night    20260825 04:00:00 20260825 04:00:00 20260825 20:00:00
20260828 21:00:00 night    20260830 20:00:00 20260830 20:00:00 20260831 20:00:00
20260829 12:00:00 regular  20260831 09:30:00 20260831 09:30:00 20260831 16:00:00
20261125 17:00:00 regular  20261127 09:30:00 20261127 09:30:00 20261127 13:00:00
20261127 13:00:00 regular  20261130 09:30:00 20261130 09:30:00 20261130 16:00:00
20261127 13:00:00 extended -                 20261127 17:00:00 20261127 17:00:00
"""


@walk("row", TABLE.strip().splitlines())
def test_when_an_order_may_trade(row: str) -> None:
    words = row.split()
    now, reach = at(" ".join(words[:2])), REACHES[words[2]]
    if words[3] == "-":
        opens, rest = 0, words[4:]
    else:
        opens, rest = at(" ".join(words[3:5])), words[5:]
    assert HOURS.opens(AAPL, reach, now) == opens
    assert HOURS.turns(AAPL, reach, now) == at(" ".join(rest[:2]))
    assert HOURS.day_end(AAPL, reach, now) == at(" ".join(rest[2:]))


def test_currencies_pause_for_a_quarter_of_an_hour() -> None:
    assert HOURS.opens(EURUSD, REGULAR, at("20260824 16:59:59")) == 0
    assert HOURS.opens(EURUSD, REGULAR, at("20260824 17:00:00")) == at("20260824 17:15:00")
    assert HOURS.opens(EURUSD, EXTENDED, at("20260828 17:00:00")) == at("20260830 17:15:00")


def test_a_market_that_never_closes_does_not_turn() -> None:
    for reach in REACHES.values():
        assert ALWAYS.opens(AAPL, reach, at("20260829 12:00:00")) == 0
        assert ALWAYS.turns(AAPL, reach, at("20260829 12:00:00")) == 0


@given(
    minutes=st.integers(0, 3 * 365 * 1440),
    reach=st.sampled_from(sorted(REACHES.values())),
    con_id=st.sampled_from((AAPL, EURUSD, EBS)),
)
def test_it_turns_where_it_opens_and_closes(minutes: int, reach: int, con_id: int) -> None:
    now = at("20250101 00:00:00") + minutes * MINUTE
    turn = HOURS.turns(con_id, reach, now)
    assert now < turn < now + 7 * DAY
    closed, after = HOURS.opens(con_id, reach, now), HOURS.opens(con_id, reach, turn)
    assert bool(closed) != bool(after)
    assert HOURS.opens(con_id, reach, turn - 1) == closed
    assert closed in (0, turn)
    assert HOURS.day_end(con_id, reach, now) > now


@given(st.lists(st.integers(0, 14 * 1440), min_size=2, max_size=12))
def test_an_answer_does_not_depend_on_what_was_asked_before(minutes: list[int]) -> None:
    asked = TradingHours(CATALOGUE, exchange=True)
    for place, minute in enumerate(minutes):
        now, reach = at("20261120 00:00:00") + minute * MINUTE, place % 3
        fresh = TradingHours(CATALOGUE, exchange=True)
        for question in ("opens", "turns", "day_end"):
            answers = [getattr(one, question)(AAPL, reach, now) for one in (asked, fresh)]
            assert answers[0] == answers[1], question


def test_stocks_list_six_days_of_the_calendar() -> None:
    wanted = Contract(conId=AAPL, exchange="SMART")
    (details,) = contract_details(CATALOGUE, wanted, at("20260824 22:00:00"), HOURS)  # type: ignore[misc]
    assert details.timeZoneId == "US/Eastern"
    assert details.tradingHours == (
        "20260824:0400-20260824:2000;20260825:0400-20260825:2000;20260826:0400-20260826:2000;"
        "20260827:0400-20260827:2000;20260828:0400-20260828:2000;20260829:CLOSED"
    )
    assert details.liquidHours == (
        "20260824:0930-20260824:1600;20260825:0930-20260825:1600;20260826:0930-20260826:1600;"
        "20260827:0930-20260827:1600;20260828:0930-20260828:1600;20260829:CLOSED"
    )


def test_holidays_are_closed_and_half_days_short() -> None:
    wanted = Contract(conId=AAPL, exchange="SMART")
    (details,) = contract_details(CATALOGUE, wanted, at("20261126 09:00:00"), HOURS)  # type: ignore[misc]
    assert details.tradingHours.split(";")[:3] == [
        "20261126:CLOSED", "20261127:0400-20261127:1700", "20261128:CLOSED",
    ]  # fmt: skip
    assert details.liquidHours.split(";")[1] == "20261127:0930-20261127:1300"


def test_currencies_list_five_sessions() -> None:
    wanted = Contract(conId=EURUSD, exchange="IDEALPRO")
    (details,) = contract_details(CATALOGUE, wanted, at("20260827 17:10:00"), HOURS)  # type: ignore[misc]
    assert details.tradingHours == (
        "20260827:1715-20260828:1700;20260830:1715-20260831:1700;20260831:1715-20260901:1700;"
        "20260901:1715-20260902:1700;20260902:1715-20260903:1700"
    )
    assert details.liquidHours == details.tradingHours


def test_others_are_told_on_their_own_clock() -> None:
    wanted = Contract(conId=EBS, exchange="EBS")
    (details,) = contract_details(CATALOGUE, wanted, at("20260824 10:00:00"), HOURS)  # type: ignore[misc]
    assert details.timeZoneId == "MET"
    assert details.liquidHours.startswith("20260824:0900-20260824:1730;")


def test_always_is_as_it_was() -> None:
    wanted = Contract(conId=AAPL, exchange="SMART")
    (details,) = contract_details(CATALOGUE, wanted, at("20260824 22:00:00"), ALWAYS)  # type: ignore[misc]
    assert details.tradingHours == details.liquidHours
    assert details.tradingHours.startswith("20260824:0000-20260824:2359;20260825:0000-")
    assert details.timeZoneId == "US/Eastern"


# contract -> zone, the trading and the liquid hours of Tuesday 2026-10-06; those of ZC are as a
# gateway told them in December 2023, those of SEHK and TSEJ as one told them in 2026
BROKEN = {
    "7203 STK TSEJ": (
        "Japan",
        "20261006:0900-20261006:1130;20261006:1230-20261006:1530",
        "20261006:0900-20261006:1130;20261006:1230-20261006:1530",
    ),
    "700 STK SEHK": (
        "Hongkong",
        "20261006:0930-20261006:1200;20261006:1300-20261006:1610",
        "20261006:0930-20261006:1200;20261006:1300-20261006:1610",
    ),
    "ZC FUT CBOT": (
        "US/Central",
        "20261005:1900-20261006:0745;20261006:0830-20261006:1320",
        "20261006:0830-20261006:1320",
    ),
    "HSI FUT HKFE": (
        "Hongkong",
        "20261006:0915-20261006:1200;20261006:1300-20261006:1630;20261006:1715-20261007:0300",
        "20261006:0915-20261006:1200;20261006:1300-20261006:1630",
    ),
    "N225 FUT OSE.JPN": (
        "Japan",
        "20261006:0845-20261006:1545;20261006:1700-20261007:0600",
        "20261006:0845-20261006:1545",
    ),
    "K200 FUT KSE": (
        "Japan",
        "20261006:0845-20261006:1545;20261006:1800-20261007:0600",
        "20261006:0845-20261006:1545",
    ),
    "SPX OPT SMART": (
        "US/Central",
        "20261005:1915-20261006:0825;20261006:0830-20261006:1515",
        "20261006:0830-20261006:1515",
    ),
    "VIX OPT SMART": (
        "US/Central",
        "20261005:1915-20261006:0825;20261006:0830-20261006:1515",
        "20261006:0830-20261006:1515",
    ),
    "NDX OPT SMART": (
        "US/Central", "20261006:0830-20261006:1515", "20261006:0830-20261006:1515",
    ),
}  # fmt: skip
IN_TOKYO = at("20261005 20:00:00")  # Tuesday, 09:00


@walk("name", BROKEN)
def test_a_day_with_a_pause_is_told_in_parts(name: str) -> None:
    symbol, kind, exchange = name.split()
    rows = CATALOGUE.rows(Contract(symbol=symbol, secType=kind, exchange=exchange), now=IN_TOKYO)
    assert not isinstance(rows, Refusal)
    told = HOURS.schedule(next(rows).instrument, IN_TOKYO)
    zone, trading, liquid = BROKEN[name]
    assert told.zone == zone
    assert f";{trading};" in f";{told.trading};"
    assert f";{liquid};" in f";{told.liquid};"
    assert told.liquid.count("20261006:") == liquid.count("20261006:")


def instrument(name: str) -> int:
    symbol, kind, exchange = name.split()
    rows = CATALOGUE.rows(Contract(symbol=symbol, secType=kind, exchange=exchange), now=IN_TOKYO)
    assert not isinstance(rows, Refusal)
    return next(rows).instrument.conId


# New York's clock: Tokyo is 13 hours ahead, Hong Kong 12, Chicago one behind
PAUSES = """
7203 STK TSEJ    20261005 22:29:59 regular  -                 20261005 22:30:00 20261006 02:30:00
7203 STK TSEJ    20261005 22:30:00 regular  20261005 23:30:00 20261005 23:30:00 20261006 02:30:00
7203 STK TSEJ    20261005 23:30:00 regular  -                 20261006 02:30:00 20261006 02:30:00
700 STK SEHK     20261006 00:30:00 extended 20261006 01:00:00 20261006 01:00:00 20261006 04:10:00
ZC FUT CBOT      20261006 03:00:00 regular  20261006 09:30:00 20261006 09:30:00 20261006 14:20:00
ZC FUT CBOT      20261006 03:00:00 extended -                 20261006 08:45:00 20261006 14:20:00
ZC FUT CBOT      20261006 09:00:00 extended 20261006 09:30:00 20261006 09:30:00 20261006 14:20:00
N225 FUT OSE.JPN 20261006 10:00:00 extended -                 20261006 17:00:00 20261006 17:00:00
N225 FUT OSE.JPN 20261006 10:00:00 regular  20261006 19:45:00 20261006 19:45:00 20261007 02:45:00
SPX OPT SMART    20261006 03:00:00 regular  20261006 09:30:00 20261006 09:30:00 20261006 16:15:00
SPX OPT SMART    20261006 03:00:00 extended -                 20261006 09:25:00 20261006 16:15:00
SPX OPT SMART    20261006 09:26:00 extended 20261006 09:30:00 20261006 09:30:00 20261006 16:15:00
"""


@walk("row", PAUSES.strip().splitlines())
def test_an_order_waits_for_the_end_of_a_pause(row: str) -> None:
    words = row.split()
    con_id, now, reach = instrument(" ".join(words[:3])), at(" ".join(words[3:5])), words[5]
    closed = words[6] != "-"
    opens = at(" ".join(words[6:8])) if closed else 0
    rest = words[8:] if closed else words[7:]
    assert HOURS.opens(con_id, REACHES[reach], now) == opens
    assert HOURS.turns(con_id, REACHES[reach], now) == at(" ".join(rest[:2]))
    assert HOURS.day_end(con_id, REACHES[reach], now) == at(" ".join(rest[2:]))


def test_half_days_of_indices_and_their_options() -> None:
    """2026-11-27: the index closes at noon in Chicago, options a quarter of an hour later."""
    friday = at("20261127 10:00:00")
    told = {
        name: HOURS.schedule(CATALOGUE[number], friday).liquid.split(";")[0]
        for name, number in (("SPX", 416904), ("option", instrument("SPX OPT SMART")))
    }
    assert told == {
        "SPX": "20261127:0830-20261127:1200", "option": "20261127:0830-20261127:1215",
    }  # fmt: skip


def test_half_days_of_hong_kong_end_with_the_morning() -> None:
    christmas_eve = at("20261223 20:00:00")
    told = {
        name: HOURS.schedule(CATALOGUE[instrument(name)], christmas_eve)
        for name in ("700 STK SEHK", "HSI FUT HKFE")
    }
    assert told["700 STK SEHK"].liquid.split(";")[:2] == [
        "20261224:0930-20261224:1200", "20261225:CLOSED",
    ]  # fmt: skip
    assert told["HSI FUT HKFE"].trading.split(";")[0] == "20261224:0915-20261224:1230"
    assert "20261224:1" not in told["HSI FUT HKFE"].trading[28:]
