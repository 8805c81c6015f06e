"""Retired messages that older clients still send; text only."""

from ...model import Contract, TagValue
from ..layout import f, fields, variant, version
from ..message import Message, new, request, response

_CONTRACT = fields(
    "conId", "symbol", "secType", "exchange", "primaryExchange", "currency", "localSymbol",
    prefix="contract.",
)  # fmt: skip


@request(52, version(2), "reqId", *_CONTRACT, "reportType",
         variant("fundamentalDataOptionsCount", f("fundamentalDataOptions", "count")),
         "fundamentalDataOptions", callback="reqFundamentalData")  # fmt: skip
class ReqFundamentalData(Message):
    """Asks for a fundamental report."""

    reqId: int = 0
    contract: Contract = new(Contract)
    reportType: str = ""
    fundamentalDataOptions: list[TagValue] = []


@request(53, version(1), callback="cancelFundamentalData", cancels=ReqFundamentalData)
class CancelFundamentalData(Message):
    """Withdraws the question."""

    reqId: int = 0


@response(51, version(1), escaped=153, callback="fundamentalData")
class FundamentalData(Message):
    """A fundamental report, as XML."""

    reqId: int = 0
    data: str = ""
