"""The times of an order as TWS shows them: in the zone of its exchange, as captured.

A client writes an instant in any zone or in UTC; openOrder has ``20260824 16:48:09 US/Eastern``.
The exchange of an execution condition is ANY where its client wrote SMART.
"""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from ...model import Order, OrderCondition
from ...venue.broker.algo_terms import BEGINS, ENDS
from ...venue.broker.conditions import EXECUTION, TIME
from ...venue.broker.order_types import GTD, GTT
from ...venue.facts import Terms
from ...venue.reference.calendars import Calendar, calendar_of
from ...venue.reference.instruments import Instrument
from ...venue.special import Algo, ConditionTerms
from ...venue.units import SECOND, Nanos


def times_shown(given: Order, terms: Terms, entry: Instrument) -> dict[str, Any]:
    """Return the attributes of an order whose times are shown otherwise than its client wrote
    them."""
    special, found = terms.extras, dict[str, Any]()
    calendar = calendar_of(entry)
    if special.begins:
        name = "goodAfterTime" if given.goodAfterTime else "activeStartTime"
        found[name] = _text(special.begins, calendar)
    if special.ends and terms.tif in (GTD, GTT):
        found["goodTillDate"] = _text(special.ends, calendar)
    elif special.ends and given.activeStopTime:
        found["activeStopTime"] = _text(special.ends, calendar)
    if special.conditions:
        pairs = zip(given.conditions, special.conditions, strict=True)
        found["conditions"] = [_condition(one, held, calendar) for one, held in pairs]
    if special.algo is not None:
        found["algoParams"] = [
            replace(one, value=_parameter(one.tag, one.value, special.algo, calendar))
            for one in given.algoParams
        ]
    return found


def _condition(one: OrderCondition, held: ConditionTerms, calendar: Calendar) -> OrderCondition:
    if held.kind == TIME:
        return replace(one, time=_text(held.value, calendar))
    if held.kind == EXECUTION:
        return replace(one, exchange=held.exchange)
    return one


def _parameter(tag: str, value: str, algo: Algo, calendar: Calendar) -> str:
    at = algo.begins if tag in BEGINS else algo.ends if tag in ENDS else 0
    return _text(at, calendar) if at and value else value


def _text(at: Nanos, calendar: Calendar) -> str:
    local = datetime.fromtimestamp(at // SECOND, calendar.zone)
    return f"{local:%Y%m%d %H:%M:%S} {calendar.hours.zone_id}"
