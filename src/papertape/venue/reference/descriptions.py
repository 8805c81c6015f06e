"""What a contract description says: whether it is complete, what fits it, what contradicts it.

A description that TWS would not look up is refused, which depends on what it is for: that is
decided here alone. Refusals carry the API code and its facts.
"""

import re
from enum import StrEnum
from typing import Final

import msgspec

from papertape.model import Contract

from .exchanges import ALIASES, SMART
from .identifiers import has_identifier
from .securities import Bond, Dated, Instrument, day_text
from .series import Series

SECURITY_TYPES = frozenset((
    "STK", "OPT", "FUT", "CONTFUT", "FUT+CONTFUT", "CONTFUT+FUT", "CASH", "BOND", "CFD", "FOP",
    "WAR", "IOPT", "FWD", "BAG", "IND", "BILL", "FUND", "FIXED", "SLB", "NEWS", "CMDTY", "BSK",
    "ICU", "ICS", "CRYPTO",
))  # fmt: skip
CONTINUOUS = frozenset(("FUT+CONTFUT", "CONTFUT+FUT", "CONTFUT"))
"""Futures that go on from one to the next: to be looked up, the last also to be charted."""
RIGHTS = ("C", "P", "CALL", "PUT")


class Purpose(StrEnum):
    """What a request wants a contract for: that decides how complete its description must be."""

    DETAILS = "details"
    """To list what fits: any exchange, any month."""
    HISTORY = "history"
    QUOTES = "quotes"
    ORDER = "order"


class Refusal(msgspec.Struct, frozen=True):
    """Why a request gets an error instead of an answer: a line of the table of API codes."""

    code: int
    facts: dict[str, str] = {}
    variant: str | None = None
    """Which text of the code; None is its usual template."""


NOT_FOUND = Refusal(200)
NO_SYMBOL = Refusal(321, variant="symbol")
NO_TYPE = Refusal(321, variant="security_type")
NO_EXPIRY = Refusal(321, variant="no_expiry")
NO_SERIES = Refusal(321, variant="series")
NO_EXPIRY_FORM = Refusal(10330)
NO_EXCHANGE = Refusal(321, variant="exchange")
NO_ORDER_EXCHANGE = Refusal(321, variant="no_exchange")
SEPARATOR: Final = ":"
_EXPIRY = re.compile(r"[0-9]{6}|[0-9]{8}( .*|-[0-9]{2}:[0-9]{2}:[0-9]{2})?")
"""``yyyymm``, or ``yyyymmdd`` alone or before a time, as details have it."""
_ENDING = frozenset(("OPT", "FOP", "FUT", "WAR", "IOPT", *CONTINUOUS))
_SEPARATED = re.compile("[:/]")
"""TWS reads ``SMART:ARCA`` and ``SMART/ARCA`` as exchange SMART, primary exchange ARCA."""
ORDER_TAG = "bF"
"""How the validation errors of orders are marked; the sender marks those of other requests."""


def incomplete(wanted: Contract, purpose: Purpose) -> Refusal | None:
    """The 321 for the first thing without which TWS does not look a contract up, or the 10330 for
    an expiry that is none."""
    refusal = _missing(wanted, purpose)
    if refusal is None or refusal.code != 321 or purpose is not Purpose.ORDER:
        return refusal
    return msgspec.structs.replace(refusal, facts={"tag": ORDER_TAG})


def _missing(wanted: Contract, purpose: Purpose) -> Refusal | None:
    """What is missing or wrong: the first of symbol, type, series and exchange.

    A contract number stands for everything but the exchange, an identifier for symbol and type.
    Only details do without an exchange, or without the month of a contract of a series.
    """
    details, kind = purpose is Purpose.DETAILS, wanted.secType.upper()
    if not wanted.conId:
        issuer = wanted.issuerId if details else ""
        if not (wanted.symbol.strip() or wanted.localSymbol or wanted.secId or issuer):
            return NO_SYMBOL
        if not kind and not wanted.secId:
            return NO_TYPE
    if kind and (kind not in SECURITY_TYPES or not _serves(purpose, kind)):
        return NO_TYPE
    expiry = wanted.lastTradeDateOrContractMonth.strip()
    if expiry and kind in _ENDING and not _EXPIRY.fullmatch(expiry):
        return NO_EXPIRY_FORM
    if details:
        return None
    if not (wanted.conId or wanted.localSymbol or wanted.secId):
        gap = _gap_in_series(wanted, kind)
        if gap is not None:
            return gap
    if exchange_of(wanted):
        return None
    return NO_ORDER_EXCHANGE if purpose is Purpose.ORDER else NO_EXCHANGE


def _serves(purpose: Purpose, kind: str) -> bool:
    """Whether a request for this may name the type."""
    if kind not in CONTINUOUS or purpose is Purpose.DETAILS:
        return True
    return purpose is Purpose.HISTORY and kind == "CONTFUT"


def _gap_in_series(wanted: Contract, kind: str) -> Refusal | None:
    """Which of what tells a future or an option from others of its series is missing."""
    month = wanted.lastTradeDateOrContractMonth
    if kind in ("FUT", "FOP") and not month:
        return NO_EXPIRY
    if kind in ("OPT", "FOP"):
        whole = month and wanted.strike and wanted.right.upper() in RIGHTS
        return None if whole else NO_SERIES
    return None


def exchange_of(wanted: Contract) -> str:
    """The exchange that is asked for: what stands in front of a separator."""
    name = _SEPARATED.split(wanted.exchange, maxsplit=1)[0].strip().upper()
    return ALIASES.get(name, name)


def primary_of(wanted: Contract) -> str:
    """The primary exchange that is asked for, in its own field or else behind the exchange.

    SMART is a router and lists nothing: it stands for none, as programs that name it on every
    contract found with TWS. What follows a point is no part of the name.
    """
    behind = _SEPARATED.split(wanted.exchange, maxsplit=1)[1:]
    text = wanted.primaryExchange.strip() or "".join(behind).strip()
    name = text.upper().partition(".")[0]
    return "" if name == SMART else ALIASES.get(name, name)


def series_of(wanted: Contract) -> Series | None:
    """What a description says of a contract of a series; None when nothing can have it."""
    right = wanted.right.strip().upper()
    if right not in ("", "0", "?", *RIGHTS):
        return None
    expiry = wanted.lastTradeDateOrContractMonth.strip()[:8]
    strike = wanted.strike or 0.0
    if len(expiry) not in (0, 6, 8) or not strike >= 0:
        return None
    return Series(
        wanted.symbol.strip().upper(), wanted.tradingClass.upper(), wanted.localSymbol.upper(),
        expiry, right.startswith("C") if right in RIGHTS else None, strike, wanted.includeExpired,
    )  # fmt: skip


def multiplier_of(text: str) -> float | None:
    """A multiplier, as TWS and as programs write it; None for none, 0 for what is no number."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        return 0.0


def fits(entry: Instrument, wanted: Contract) -> bool:
    if wanted.secIdType:
        if not has_identifier(entry, wanted.secIdType.upper(), wanted.secId):
            return False
    elif not (wanted.symbol or wanted.localSymbol):
        return bool(wanted.issuerId) and isinstance(entry, Bond) and entry.issuer == wanted.issuerId
    symbol = wanted.symbol.upper()
    if isinstance(entry, Bond) and any(has_identifier(entry, k, symbol) for k in ("CUSIP", "ISIN")):
        symbol = ""
    pairs = (
        (symbol, entry.symbol),
        (wanted.secType.upper(), entry.secType),
        (wanted.currency.upper(), entry.currency),
        (wanted.localSymbol.upper(), entry.localSymbol),
        (wanted.tradingClass.upper(), entry.tradingClass),
        (primary_of(wanted), entry.primaryExchange),
    )
    if any(asked not in ("", has) for asked, has in pairs):
        return False
    return not isinstance(entry, Dated) or _terms_fit(entry, wanted)


def _terms_fit(entry: Dated, wanted: Contract) -> bool:
    """Whether what ends on a day, and is held or catalogued, has the terms that are asked for."""
    asked = series_of(wanted)
    if asked is None:
        return False
    last, month = day_text(entry.expires), str(entry.month)
    if asked.expiry not in ("", last, last[:6] if entry.right else month):
        return False
    if asked.call is not None and entry.right != ("C" if asked.call else "P"):
        return False
    if asked.strike and abs(entry.strike - asked.strike * entry.scale) > 0.5:
        return False
    multiplier = multiplier_of(wanted.multiplier)
    return multiplier in (None, entry.multiplier / entry.divisor)


def conflict_with(entry: Instrument, wanted: Contract) -> Refusal | None:
    """The 478 for the first field that contradicts the contract number."""
    for field in ("symbol", "secType", "currency", "localSymbol", "tradingClass"):
        asked: str = getattr(wanted, field)
        has: str = getattr(entry, field)
        # Blanks around a symbol count as a conflict, as in the original.
        if asked and asked.upper() != has:
            return Refusal(478, {"field": field, "requested": asked, "known": has})
    return _conflicting_terms(entry, wanted) if isinstance(entry, Dated) else None


def _conflicting_terms(entry: Dated, wanted: Contract) -> Refusal | None:
    """The same for what only contracts with an end have."""
    expiry = wanted.lastTradeDateOrContractMonth.strip()[:8]
    last = day_text(entry.expires)
    if expiry and expiry not in (last, last[:6], str(entry.month)):
        return Refusal(478, {"field": "expiry", "requested": expiry, "known": last})
    right = wanted.right.upper()
    if right in RIGHTS and entry.right and right[0] != entry.right:
        return Refusal(478, {"field": "right", "requested": right, "known": entry.right})
    strike = entry.strike / entry.scale
    if wanted.strike and entry.strike and not abs(wanted.strike - strike) < 1e-6:
        return Refusal(
            478, {"field": "strike", "requested": f"{wanted.strike}", "known": f"{strike}"}
        )
    if multiplier_of(wanted.multiplier) not in (None, entry.multiplier / entry.divisor):
        known = entry.multiplier_text
        return Refusal(478, {"field": "multiplier", "requested": wanted.multiplier, "known": known})
    return None
