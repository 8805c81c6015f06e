"""When an order may trade, and how contract details spell the hours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertape.model import Contract
from papertape.venue.reference.details import contract_details
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.sessions import EXTENDED, NIGHT, REGULAR, TradingHours
from papertape.venue.units import DAY, MINUTE
from venue.scenario import at

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


@pytest.mark.parametrize("row", TABLE.strip().splitlines())
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
