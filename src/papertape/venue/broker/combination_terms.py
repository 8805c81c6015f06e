"""The checks of an order for a combination: its price, what routes its legs, what it cannot have.

Codes and texts: the API's table of messages (325, 349, 350, 356, 358 to 360, 387, 442,
10002, 10021 to 10027, 10340); which routing parameters there are: its page on smart combo routing.
"""

from collections.abc import Mapping
from typing import Final

from papertape.model import Order

from ..reference.instruments import Instruments, Refusal
from ..reference.securities import Combination, Instrument
from ..special import Combo
from ..units import SIZE_SCALE, PriceUnits
from .combination_types import LEGGED_ONLY, RELATIVE_LEAD
from .order_types import OrderType

HIGHEST_NET: Final = 1e9
REDUCES: Final = 3
"""The only kind of OCA group that takes combinations: 3 reduces without a block."""
DEFAULT_RELATIVE: Final = 0.01
"""The offset of a relative leg without one, as TWS fills it in."""
LONGEST_WAIT: Final = 86_400
HIGHEST_SEGMENT: Final = 10**9

CODES_OF_TAGS: Final[Mapping[str, int]] = {
    "NonGuaranteed": 10002,
    "LeginPrio": 10022,
    "MaxSegSize": 10023,
    "DontLeginNext": 10024,
    "ChangeToMktTime1": 10025,
    "ChangeToMktTime2": 10026,
    "DiscretionaryPct": 10021,
    "PriceCondConid": 10027,
    "CondPriceMin": 10027,
    "CondPriceMax": 10027,
}
"""Every routing parameter, and the code that refuses a wrong value of it. 10027 refuses a tag that
there is not, and values that have no code of their own."""


def unfit_combination(order: Order, kind: OrderType) -> Refusal | None:
    """Return what an order for a combination cannot have; None when it has nothing of it."""
    legged = is_legged(order)
    if kind.name in LEGGED_ONLY and not legged:
        return Refusal(387)
    if order.adjustedOrderType not in ("", "None"):
        return Refusal(387)
    if order.scaleInitLevelSize or order.scaleSubsLevelSize or order.scalePriceIncrement:
        return Refusal(387)
    if order.algoStrategy:
        return Refusal(442)
    if order.postOnly:
        return Refusal(10340, {"attribute": "postOnly"})
    if order.discretionaryAmt:
        return Refusal(325)
    if order.goodAfterTime:
        return Refusal(349)
    if order.minQty:
        return Refusal(350)
    if order.ocaGroup:
        if legged:
            return Refusal(356)
        if order.ocaType != REDUCES:
            return Refusal(359)
    if order.parentId > 0 and legged:
        return Refusal(358)
    return Refusal(360) if order.whatIf and legged else None


def is_legged(order: Order) -> bool:
    """Return whether an order asks for legs that are not guaranteed to trade together."""
    return any(
        param.tag == "NonGuaranteed" and _number(param.value) == 1
        for param in order.smartComboRoutingParams
    )


def net_price(price: float | None, entry: Instrument) -> PriceUnits | Refusal:
    """Return a net price in units: any number, also 0 and less, on the increment."""
    # The comparison also refuses not-a-number.
    if price is None or not -HIGHEST_NET < price < HIGHEST_NET:
        return Refusal(463)
    units = round(price * entry.scale)
    if units % entry.tick or abs(units / entry.scale - price) > 1e-9 * max(abs(price), 1):
        return Refusal(110)
    return units


def has_leg_prices(order: Order) -> bool:
    """Return whether an order names the price of a leg."""
    return any(leg.price is not None for leg in order.orderComboLegs)


def combo_of(
    order: Order, kind: OrderType, entry: Combination, instruments: Instruments
) -> Combo | Refusal:
    """Return how an order trades the legs of a combination."""
    tags = _tags(order)
    if isinstance(tags, Refusal):
        return tags
    guaranteed = tags.get("NonGuaranteed", 0) != 1
    if guaranteed and len(tags) > ("NonGuaranteed" in tags):
        return Refusal(10002)
    limits = _leg_limits(order, entry, instruments, guaranteed=guaranteed)
    if isinstance(limits, Refusal):
        return limits
    legs = entry.composition.legs
    lead = int(tags.get("LeginPrio", 0))
    if lead > len(legs):
        return Refusal(10022)
    first = instruments[legs[max(lead - 1, 0)].conId]
    offset = None
    if kind.name in RELATIVE_LEAD:
        offset = round((order.auxPrice or DEFAULT_RELATIVE) * first.scale)
        if not 0 < offset < HIGHEST_NET * first.scale:
            return Refusal(158)
    ranged = _range(tags, instruments)
    if isinstance(ranged, Refusal):
        return ranged
    segment = int(tags.get("MaxSegSize", 0)) * SIZE_SCALE
    return Combo(guaranteed, limits, max(lead - 1, 0), offset, segment, *ranged)


def _tags(order: Order) -> dict[str, float] | Refusal:
    """Return the routing parameters by tag, or the refusal of the first wrong one."""
    if len(order.smartComboRoutingParams) > len(CODES_OF_TAGS):
        return Refusal(10027)
    tags: dict[str, float] = {}
    for param in order.smartComboRoutingParams:
        code = CODES_OF_TAGS.get(param.tag)
        if code is None or param.tag in tags:
            return Refusal(10027)
        value = _number(param.value)
        if value is None or not _allowed(param.tag, value):
            return Refusal(code)
        tags[param.tag] = value
    return tags


def _number(text: str) -> float | None:
    try:
        return float(text) if len(text) <= 24 else None
    except ValueError:
        return None


def _allowed(tag: str, value: float) -> bool:
    """Return whether a parameter may have a value."""
    if tag in ("CondPriceMin", "CondPriceMax"):
        return 0 <= value < HIGHEST_NET
    if tag == "DiscretionaryPct":
        return 0 <= value <= 100
    if value != value or value in (float("inf"), float("-inf")) or value != int(value):
        return False
    if tag in ("NonGuaranteed", "DontLeginNext"):
        return value in (0, 1)
    if tag == "MaxSegSize":
        return 1 <= value <= HIGHEST_SEGMENT
    if tag in ("ChangeToMktTime1", "ChangeToMktTime2"):
        return 0 <= value <= LONGEST_WAIT
    return 0 <= value < 1 << 31


def _leg_limits(
    order: Order, entry: Combination, instruments: Instruments, *, guaranteed: bool
) -> tuple[PriceUnits | None, ...] | Refusal:
    """Return the prices of the legs, which two legs that are not guaranteed may have."""
    if not has_leg_prices(order):
        return ()
    legs = entry.composition.legs
    if guaranteed or len(legs) != 2:
        return Refusal(10002)
    if len(order.orderComboLegs) != len(legs):
        return Refusal(312)
    found: list[PriceUnits | None] = []
    for given, leg in zip(order.orderComboLegs, legs, strict=True):
        if given.price is None:
            found.append(None)
            continue
        of_leg = instruments[leg.conId]
        price = net_price(given.price, of_leg)
        if isinstance(price, Refusal):
            return price
        if price <= 0:
            return Refusal(463)
        found.append(price)
    return tuple(found)


def _range(
    tags: dict[str, float], instruments: Instruments
) -> tuple[int, PriceUnits, PriceUnits | None] | Refusal:
    """Return the instrument whose price must be in a range, and the range."""
    con_id = int(tags.get("PriceCondConid", 0))
    low, high = tags.get("CondPriceMin"), tags.get("CondPriceMax")
    if not con_id:
        return (0, 0, None) if low is None and high is None else Refusal(10027)
    other = instruments.get(con_id)
    if other is None or (low is None and high is None):
        return Refusal(10027)
    least = round((low or 0.0) * other.scale)
    most = None if high is None else round(high * other.scale)
    return Refusal(10027) if most is not None and most < least else (con_id, least, most)
