"""A contract as a user describes it: its fields, what they must be, the record that comes of it.

Fields have the official names. A contract without a number gets one of ours, from what it is
(``own_numbers``); the region of such numbers is that of nothing else. What the contracts of a file
have in common, such as exchanges and price step, is worked out once.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from .calendars import EXCHANGES
from .exchanges import US_EXCHANGES
from .identifiers import with_check_digit
from .numbers import HIGHEST, hashed
from .own_numbers import identity_of
from .rules import steps
from .securities import CENTS, KINDS, LOTS, SHARES, Dated, Instrument, Sizes, day_number

FIELDS: Final = (
    "symbol", "secType", "currency", "exchange", "primaryExchange", "localSymbol", "tradingClass",
    "conId", "longName", "minTick", "multiplier", "price", "isin", "stockType",
    "lastTradeDate", "strike", "right", "underConId", "underSymbol", "underSecType", "hours",
)  # fmt: skip
"""What a description may have; ``symbol`` alone is needed, and is a stock in US dollars then."""
SERVED: Final = frozenset(KINDS) - {"BAG", "CONTFUT", "BOND"}
_AMERICAN: Final = tuple(US_EXCHANGES.split(","))
_RIGHTS: Final = {"C": True, "CALL": True, "P": False, "PUT": False}
_KNOWN: Final = frozenset(FIELDS)
_PLAIN: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
"""A number that is seen at once to be none too large and to have no more than 9 places."""


class Wrong(ValueError):
    """A field of a description that cannot be used; ``field`` is its name."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field


class _Frame(NamedTuple):
    """What many contracts of a file have in common."""

    exchanges: tuple[str, ...]
    primary: str
    units: int
    """The tick in price units."""
    scale: int
    multiplier: int
    divisor: int
    sizes: Sizes


def made(described: Mapping[str, str]) -> Instrument:
    """The instrument of a description; without a number of its own it has the first of those that
    it may have. Raises ``Wrong`` for the first field that is no good."""
    entry = unnumbered(described)
    return entry if entry.conId else replace(entry, conId=hashed(*identity_of(entry), user=True))


def unnumbered(described: Mapping[str, str]) -> Instrument:
    """The same; the number of one that was not given any is 0."""
    if not _KNOWN.issuperset(described):
        field = next(field for field in described if field not in _KNOWN)
        raise Wrong(field, f"there is no field {field!r}; there are: {', '.join(FIELDS)}")
    told = {field: bare for field, text in described.items() if (bare := text.strip())}
    symbol = told.get("symbol", "").upper()
    if not symbol or len(symbol) > 40 or not symbol.isprintable():
        raise Wrong("symbol", "a contract needs a symbol")
    kind = told.get("secType", "STK").upper()
    if kind not in SERVED:
        raise Wrong("secType", f"{kind!r} is none of {', '.join(sorted(SERVED))}")
    currency = told.get("currency", "USD").upper()
    if len(currency) != 3 or not currency.isalpha():
        raise Wrong("currency", f"{currency!r} is no currency")
    return _record(told, symbol, kind, currency)


def unfounded(entry: Instrument, known: Callable[[int], bool]) -> Wrong | None:
    """What a contract that is to be added says and what cannot be: an ISIN with a wrong check
    digit, an underlying whose number nobody has. Those that were added before stay as they are.
    """
    under = getattr(entry, "under", 0)
    if under and not known(under):
        return Wrong("underConId", f"no contract has the number {under}")
    isin = entry.isin
    if not isin:
        return None
    if not re.fullmatch("[A-Z]{2}[A-Z0-9]{9}[0-9]", isin):
        return Wrong("isin", f"{isin!r} is no ISIN: two letters, nine letters and digits, a digit")
    right = with_check_digit(isin[:11])
    return Wrong("isin", f"{isin} is no ISIN: {right} would be one") if right != isin else None


def _record(told: Mapping[str, str], symbol: str, kind: str, currency: str) -> Instrument:
    get = told.get
    frame = _frame(
        kind, currency, get("exchange", ""), get("primaryExchange"), get("minTick"),
        get("multiplier", "1"), get("hours", ""),
    )  # fmt: skip
    local = get("localSymbol", f"{symbol}.{currency}" if kind == "CASH" else symbol).upper()
    price = _positive("price", told["price"]) if "price" in told else Decimal(0)
    trading_class = get("tradingClass", local if kind == "CASH" else symbol).upper()
    cls = KINDS[kind]
    more = _terms(told, symbol, frame.scale) if issubclass(cls, Dated) else {}
    if not more:
        for field in ("lastTradeDate", "strike", "right"):
            if field in told:
                raise Wrong(field, f"a contract of type {kind} has no {field}")
    return cls(
        conId=_number(told) if "conId" in told else 0, symbol=symbol, secType=kind,
        currency=currency, primaryExchange=frame.primary, localSymbol=local,
        tradingClass=trading_class, exchanges=frame.exchanges, longName=get("longName", symbol),
        scale=frame.scale, tick=frame.units, marketName=trading_class,
        multiplier=frame.multiplier, divisor=frame.divisor,
        stockType=get("stockType", "COMMON" if kind == "STK" else ""),
        isin=get("isin", "").upper(), market_rule=0, reference=int(price * frame.scale),
        hours=get("hours", ""), sizes=frame.sizes, **more,
    )  # fmt: skip


@lru_cache(256)
def _frame(
    kind: str, currency: str, exchange: str, primary: str | None, step: str | None, times: str,
    hours: str,
) -> _Frame:  # fmt: skip
    exchanges = _exchanges(exchange, kind, currency)
    usual = "NASDAQ" if exchanges == _AMERICAN else exchanges[-1]
    told = (primary if primary is not None else usual if kind == "STK" else "").upper()
    if told == "SMART" or (told and told not in exchanges):
        raise Wrong("primaryExchange", f"{told!r} is none of its exchanges")
    tick = _positive("minTick", step or ("0.00005" if kind == "CASH" else "0.01"))
    scale = 10 ** max(5 if kind == "CASH" else 4, _places(tick))
    if steps(tick) is None:
        raise Wrong("minTick", f"{tick} is no price step that a market rule has")
    multiplier = _positive("multiplier", times)
    divisor = 10 ** _places(multiplier)
    if hours and hours not in EXCHANGES:
        raise Wrong("hours", f"{hours!r} is none of {', '.join(sorted(EXCHANGES))}")
    return _Frame(
        exchanges, told, int(tick * scale), scale, int(multiplier * divisor), divisor,
        {"STK": SHARES, "CASH": CENTS}.get(kind, LOTS),
    )  # fmt: skip


def _exchanges(text: str, kind: str, currency: str) -> tuple[str, ...]:
    """Where it trades: as told, or where its kind does."""
    if not text:
        if kind == "CASH":
            return ("IDEALPRO",)
        if kind == "STK" and currency == "USD":
            return _AMERICAN
        raise Wrong("exchange", f"a contract of type {kind} in {currency} needs its exchange")
    names = tuple(name.strip().upper() for name in text.replace(";", ",").split(","))
    if not all(name.isascii() and name and " " not in name for name in names):
        raise Wrong("exchange", f"{text!r} is no list of exchanges")
    if names == ("SMART",) and kind == "STK" and currency == "USD":
        return _AMERICAN
    return tuple(dict.fromkeys(names))


def _terms(told: Mapping[str, str], symbol: str, scale: int) -> dict[str, Any]:
    """What a contract with an end has."""
    kind = told["secType"].upper()
    try:
        last = day_number(told.get("lastTradeDate", ""))
    except ValueError:
        raise Wrong("lastTradeDate", "a contract that ends needs its last day, yyyymmdd") from None
    more: dict[str, Any] = {
        "expires": last, "month": int(told["lastTradeDate"][:6]),
        "under": _whole(told, "underConId"),
        "underSymbol": told.get("underSymbol", symbol).upper(),
        "underSecType": told.get("underSecType", "IND" if kind == "FUT" else "STK").upper(),
    }  # fmt: skip
    if kind == "FUT":
        for field in ("strike", "right"):
            if field in told:
                raise Wrong(field, f"a contract of type FUT has no {field}")
        return more
    right = told.get("right", "").upper()
    if right not in _RIGHTS:
        raise Wrong("right", f"{right!r} is none of C, P")
    strike = _positive("strike", told.get("strike", "")) * scale
    if strike != int(strike):
        raise Wrong("strike", f"{told['strike']} has more places than its prices")
    return more | {"call": _RIGHTS[right], "exercise": int(strike)}


def _positive(field: str, text: str) -> Decimal:
    if _PLAIN.fullmatch(text) and (value := Decimal(text)):
        return value
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise Wrong(field, f"{text!r} is no number") from None
    if not value.is_finite() or value <= 0 or value > 10**9 or _places(value) > 9:
        raise Wrong(field, f"{text} is no number between 0 and 1,000,000,000 with 9 places")
    return value


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def _whole(told: Mapping[str, str], field: str) -> int:
    text = told.get(field, "0")
    if not (text.isascii() and text.isdigit()) or int(text) > HIGHEST:
        raise Wrong(field, f"{text!r} is no contract number")
    return int(text)


def _number(told: Mapping[str, str]) -> int:
    number = _whole(told, "conId")
    if not number:
        raise Wrong("conId", "0 is no contract number")
    return number
