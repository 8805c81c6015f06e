"""Which contract a symbol of a file means: one that is known, or one that its fields describe."""

from collections.abc import Callable, Mapping

from ..errors import MarketDataError
from ..venue.reference.custom import Wrong, unnumbered
from ..venue.reference.instruments import Instruments
from ..venue.reference.own_numbers import numbered
from ..venue.reference.securities import Instrument

_SERIES = frozenset({"OPT", "FUT", "FOP"})


def contract_for(
    instruments: Instruments,
    symbol: str,
    fields: Mapping[str, str],
    known: Callable[[int], Instrument | None],
) -> tuple[Instrument, dict[str, str]]:
    """The instrument of a symbol and of fields as ``papertape contracts add`` has them, and its
    description where nobody else knows it. A new one gets a number that nothing has in ``known``.

    Raises ``MarketDataError`` for fields that are no good, and for several contracts.
    """
    described = {name: text for name, text in fields.items() if text.strip()}
    number = described.get("conId", "")
    if number.isascii() and number.isdigit() and len(number) < 12:
        numbered_so = instruments.get(int(number))
        if numbered_so is not None:
            return numbered_so, {}
    plain = symbol.strip().upper()
    kind = described.get("secType", "").upper()
    if kind == "CASH" or (not kind and len(plain.replace(".", "")) == 6):
        pair = plain.replace(".", "").replace("/", "")
        found = instruments.pair(pair[:3], pair[3:] or described.get("currency", "").upper())
        if found is not None:
            return found, {}
    kind = kind or "STK"
    if kind in ("CRYPTO", "CASH") and len(plain.replace("/", "")) == 6:
        plain = plain[:3]
    candidates = [one for one in instruments.of(plain) if _fits(one, kind, described)]
    if len(candidates) > 1 and kind == "CRYPTO":
        candidates = candidates[:1]
    if len(candidates) > 1:
        told = ", ".join(f"{one.conId} ({one.place})" for one in candidates)
        raise MarketDataError(
            f"several contracts are {kind} {plain}: {told}",
            symbol=plain,
            advice="Choose one: --contract conId=NUMBER",
        )
    if candidates:
        return candidates[0], {}
    if kind in ("CFD", "IND") and "exchange" not in described:
        described["exchange"] = "SMART" if kind == "CFD" else "CBOE"
    return _described(plain, described, known)


def _fits(one: Instrument, kind: str, described: Mapping[str, str]) -> bool:
    if one.secType != kind or kind in _SERIES or "conId" in described:
        return False
    if one.currency != described.get("currency", "USD").upper():
        return False
    primary = described.get("primaryExchange", "").upper()
    return not primary or primary == one.primaryExchange


def _described(
    symbol: str, fields: dict[str, str], known: Callable[[int], Instrument | None]
) -> tuple[Instrument, dict[str, str]]:
    about = {"symbol": symbol, **fields}
    try:
        found = unnumbered(about)
    except Wrong as wrong:
        advice = f"Describe it: --contract {wrong.field}=…, see papertape contracts --help"
        raise MarketDataError(
            f"no contract of that symbol is known, and one cannot be made: {wrong}",
            symbol=symbol, advice=advice,
        ) from wrong  # fmt: skip
    told = {name: text for name, text in about.items() if name not in ("symbol", "conId")}
    if not found.conId:
        found = numbered(found, known)
    # At least one field, so that the manifest says that it describes the contract.
    return found, told or {"longName": symbol}
