"""How the texts of requests are read: ``componentExchSeparator``."""

import msgspec

from ..model import Contract
from ..venue.reference.descriptions import SEPARATOR
from ..wire.message import Message


def separated(message: Message, separator: str) -> Message:
    """Return the request with the separator that TWS always reads in the exchange of its contract,
    in the place of the user's own; the same one where it has none."""
    contract = getattr(message, "contract", None)
    if not isinstance(contract, Contract) or separator not in contract.exchange:
        return message
    exchange = contract.exchange.replace(separator, SEPARATOR, 1)
    read = msgspec.structs.replace(contract, exchange=exchange)
    return msgspec.structs.replace(message, contract=read)
