"""Fundamental reports."""

import logging

from ...venue.reference.instruments import Purpose, Refusal
from ...wire.catalogue import legacy as wire
from ..sessions.session import Session
from . import handles
from .services import Services

log = logging.getLogger("papertape.station")


@handles(
    wire.ReqFundamentalData,
    partly="reports other than the user's own files and a snapshot of the contract details",
)
def req_fundamental_data(tws: Services, session: Session, message: wire.ReqFundamentalData) -> None:
    """The user's report, or a snapshot of what is known of a stock; 430 for any other,
    10358 for a user without reports."""
    if not tws.settings.has_service("fundamentals"):
        session.error(message.reqId, 10358)
        return
    found = tws.resolve(message.contract, Purpose.DETAILS)
    if isinstance(found, Refusal):
        session.refuse(message.reqId, found)
        return
    report = None
    if not message.fundamentalDataOptions:
        try:
            report = tws.reports.find(found.instrument, message.reportType.strip())
        except (OSError, ValueError) as error:
            log.warning("a report of %s cannot be read: %s", found.instrument.symbol, error)
    if report is None:
        session.error(message.reqId, 430)
    else:
        session.send(wire.FundamentalData(message.reqId, report))


@handles(wire.CancelFundamentalData)
def cancel_fundamental_data(
    tws: Services, session: Session, message: wire.CancelFundamentalData
) -> None:
    """Silent: the report has been sent."""
