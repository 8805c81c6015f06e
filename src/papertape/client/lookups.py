"""Contracts looked up: the one that a description means, and the options on an underlying.

Without waiting for answers, which ``Tws`` does.
"""

from collections.abc import Iterator, Sequence

import msgspec

from ..errors import AmbiguousContract, ContractNotFound, RequestRefused
from ..model import Contract, ContractDetails
from ..model.units import number_text
from ..wire.catalogue import contract, options, reference
from .conversations import Call, Collect
from .given import described
from .requests.asks import Make

IN_FLIGHT = 32
"""Descriptions that ``qualify_all`` has asked about and has no answer to: less than a second of
what a TWS takes from a client, so that none waits out its deadline before it is sent."""
NAMED = 8
"""Contracts that the text of an ``AmbiguousContract`` names."""
SMART = "SMART"


class OptionChain(msgspec.Struct, frozen=True):
    """The options of one trading class on one exchange, a row of securityDefinitionOptionParameter.

    Not every expiry has every strike: ``contract_details`` of a contract with symbol, secType
    ``OPT`` and expiry lists those that there are.
    """

    exchange: str
    underlyingConId: int
    tradingClass: str
    multiplier: str
    expirations: tuple[str, ...]
    """``yyyymmdd``, in order."""
    strikes: tuple[float, ...]
    """In the option's currency, in order."""


def advise(refusal: RequestRefused, wanted: Contract) -> RequestRefused:
    """The same refusal, with notes that say what was asked for, and what to do when nothing is."""
    refusal.add_note(f"asked for {brief(wanted)}")
    if isinstance(refusal, ContractNotFound):
        refusal.add_note(_advice(wanted))
    return refusal


def _advice(wanted: Contract) -> str:
    """Where the right description is found."""
    symbol = wanted.symbol or wanted.localSymbol
    if wanted.secId:
        return f"not every security has a {wanted.secIdType or 'secIdType'}: name it by its symbol"
    if not symbol:
        return "name it by symbol, secType, exchange and currency"
    if wanted.secType == "OPT":
        return (
            "tws.option_chain(underlying) lists classes, expiries and strikes; without strike and"
            " right, tws.contract_details lists what an expiry has"
        )
    if wanted.secType in ("FUT", "FOP"):
        return (
            "without an expiry, tws.contract_details lists those there are; a future that has ended"
            " needs includeExpired"
        )
    return f"tws.matching_symbols({symbol!r}) searches symbols and names"


def details(wanted: Contract) -> Make:
    """Every contract that matches."""
    described(wanted)

    def make(number: int) -> tuple[Collect, contract.ReqContractDetails]:
        collect = Collect("reqContractDetails", contract.ContractDataEnd, number)
        return collect, contract.ReqContractDetails(number, wanted)

    return make


def details_of(conversation: Collect) -> list[ContractDetails]:
    """The answer, each with its contract."""
    found: list[ContractDetails] = []
    for row in conversation.result:
        row.contractDetails.contract = row.contract
        found.append(row.contractDetails)
    return found


def matching_symbols(pattern: str) -> Make:
    """The contracts that begin with a text or have it in their name."""

    def make(number: int) -> tuple[Call, reference.ReqMatchingSymbols]:
        return Call("reqMatchingSymbols", number), reference.ReqMatchingSymbols(number, pattern)

    return make


def option_chain(underlying: Contract, exchange: str) -> Make:
    """The options on a contract whose number is known."""

    def make(number: int) -> tuple[Collect, options.ReqSecDefOptParams]:
        request = options.ReqSecDefOptParams(
            number, underlying.symbol, exchange, underlying.secType, underlying.conId or 0
        )
        return Collect("reqSecDefOptParams", options.SecDefOptParameterEnd, number), request

    return make


def chains_of(conversation: Collect) -> list[OptionChain]:
    """The answer: a row for each class and exchange."""
    return [
        OptionChain(
            row.exchange, row.underlyingConId, row.tradingClass, row.multiplier,
            tuple(sorted(row.expirations)), tuple(sorted(row.strikes)),
        )
        for row in conversation.result
    ]  # fmt: skip


def meant(wanted: Contract, found: Sequence[ContractDetails]) -> Contract:
    """The one contract among those that match a description, with an exchange to ask it at.

    Raises ``AmbiguousContract`` with the ``candidates`` when several match, and
    ``ContractNotFound`` for an empty answer.
    """
    rows = [row.contract for row in found]
    by_number = {row.conId: row for row in rows}
    if not rows:
        raise ContractNotFound(200, f"No security definition has been found for {brief(wanted)}")
    if len(by_number) > 1:
        raise _ambiguous(wanted, tuple(by_number.values()))
    names = [row.exchange for row in rows]
    usual = SMART if SMART in names else names[0]
    # Details put the time of the last trade behind its day, which requests do not take.
    last = rows[0].lastTradeDateOrContractMonth.partition(" ")[0]
    return msgspec.structs.replace(
        rows[0],
        exchange=wanted.exchange or usual,
        lastTradeDateOrContractMonth=last,
        includeExpired=wanted.includeExpired,
    )


def brief(one: Contract) -> str:
    """A contract in a line, for people."""
    return " ".join(_words(one)) or "a contract without terms"


def _words(one: Contract) -> Iterator[str]:
    if one.conId:
        yield str(one.conId)
    expiry, strike = one.lastTradeDateOrContractMonth, one.strike
    terms = (expiry, number_text(strike) if strike else "", one.right, one.tradingClass)
    name = one.symbol or one.localSymbol or one.secId
    for word in (name, one.secType, *terms, one.primaryExchange or one.exchange, one.currency):
        if word:
            yield word


def _ambiguous(wanted: Contract, found: tuple[Contract, ...]) -> AmbiguousContract:
    named = "; ".join(brief(one) for one in found[:NAMED])
    more = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
    text = f"{brief(wanted)} is ambiguous: {len(found)} contracts match: {named}{more}"
    error = AmbiguousContract(200, text)
    error.candidates = found
    return error
