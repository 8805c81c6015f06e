"""A contract as a user describes it: its fields, what they must be, the record that comes of it.

Fields have the official names. A contract without a number gets one of ours, from what it is; the
region of such numbers is that of nothing else.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from .calendars import EXCHANGES
from .exchanges import US_EXCHANGES
from .numbers import HIGHEST, hashed
from .rules import steps
from .securities import CENTS, KINDS, LOTS, SHARES, Dated, Instrument, day_number

FIELDS: Final = (
    "symbol", "secType", "currency", "exchange", "primaryExchange", "localSymbol", "tradingClass",
    "conId", "longName", "minTick", "multiplier", "price", "isin", "stockType",
    "lastTradeDate", "strike", "right", "underConId", "underSymbol", "underSecType", "hours",
)  # fmt: skip
"""What a description may have; ``symbol`` alone is needed, and is a stock in US dollars then."""
SERVED: Final = frozenset(KINDS) - {"BAG", "CONTFUT", "BOND"}
_AMERICAN: Final = tuple(US_EXCHANGES.split(","))
_RIGHTS: Final = {"C": True, "CALL": True, "P": False, "PUT": False}


class Wrong(ValueError):
    """A field of a description that cannot be used; ``field`` is its name."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field


def made(described: Mapping[str, str]) -> Instrument:
    """The instrument of a description. Raises ``Wrong`` for the first field that is no good."""
    for field in described:
        if field not in FIELDS:
            raise Wrong(field, f"there is no field {field!r}; there are: {', '.join(FIELDS)}")
    told = {field: text.strip() for field, text in described.items() if text.strip()}
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


def _record(told: Mapping[str, str], symbol: str, kind: str, currency: str) -> Instrument:
    exchanges = _exchanges(told, kind, currency)
    usual = "NASDAQ" if exchanges == _AMERICAN else exchanges[-1]
    primary = told.get("primaryExchange", usual if kind == "STK" else "").upper()
    if primary == "SMART" or (primary and primary not in exchanges):
        raise Wrong("primaryExchange", f"{primary!r} is none of its exchanges")
    local = told.get("localSymbol", f"{symbol}.{currency}" if kind == "CASH" else symbol).upper()
    tick = _positive(told, "minTick", "0.00005" if kind == "CASH" else "0.01")
    scale = 10 ** max(5 if kind == "CASH" else 4, _places(tick))
    if steps(tick) is None:
        raise Wrong("minTick", f"{tick} is no price step that a market rule has")
    multiplier = _positive(told, "multiplier", "1")
    divisor = 10 ** _places(multiplier)
    price = _positive(told, "price", "0") if told.get("price") else Decimal(0)
    hours = told.get("hours", "")
    if hours and hours not in EXCHANGES:
        raise Wrong("hours", f"{hours!r} is none of {', '.join(sorted(EXCHANGES))}")
    trading_class = told.get("tradingClass", local if kind == "CASH" else symbol).upper()
    more = _terms(told, symbol, scale) if issubclass(KINDS[kind], Dated) else {}
    for field in ("lastTradeDate", "strike", "right"):
        if field in told and not more:
            raise Wrong(field, f"a contract of type {kind} has no {field}")
    return KINDS[kind](
        conId=_number(told, (kind, symbol, currency, primary, local)), symbol=symbol, secType=kind,
        currency=currency, primaryExchange=primary, localSymbol=local, tradingClass=trading_class,
        exchanges=exchanges, longName=told.get("longName", symbol), scale=scale,
        tick=int(tick * scale), marketName=trading_class, multiplier=int(multiplier * divisor),
        divisor=divisor, stockType=told.get("stockType", "COMMON" if kind == "STK" else ""),
        isin=told.get("isin", "").upper(), market_rule=0, reference=int(price * scale),
        hours=hours, sizes={"STK": SHARES, "CASH": CENTS}.get(kind, LOTS), **more,
    )  # fmt: skip


def _exchanges(told: Mapping[str, str], kind: str, currency: str) -> tuple[str, ...]:
    """Where it trades: as told, or where its kind does."""
    text = told.get("exchange", "")
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
    strike = _positive(told, "strike", "") * scale
    if strike != int(strike):
        raise Wrong("strike", f"{told['strike']} has more places than its prices")
    return more | {"call": _RIGHTS[right], "exercise": int(strike)}


def _positive(told: Mapping[str, str], field: str, otherwise: str) -> Decimal:
    text = told.get(field, otherwise)
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


def _number(told: Mapping[str, str], identity: tuple[str, ...]) -> int:
    """The number that it was given, or one of ours."""
    if "conId" in told:
        number = _whole(told, "conId")
        if not number:
            raise Wrong("conId", "0 is no contract number")
        return number
    terms = (told.get(field, "") for field in ("lastTradeDate", "strike", "right"))
    return hashed(*identity, *terms, user=True)


def unique(entries: Iterable[Instrument]) -> dict[int, Instrument]:
    """The same by number. Raises ``Wrong`` for two with one number."""
    found: dict[int, Instrument] = {}
    for entry in entries:
        other = found.setdefault(entry.conId, entry)
        if other is not entry:
            raise Wrong("conId", f"{entry.conId} is {other.symbol}'s already")
    return found
