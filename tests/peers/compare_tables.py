"""What arrives as what: messages and callbacks, requests and messages, and the values compared.

A row names both sides and the pairs of values. A pair's left side is a path into the arguments of
the callback or request, by position; its right side is a path into the message's fields; `a|b`
names alternatives. Only values are listed that every wire format and version carries.

Two messages are not in the tables, because one becomes several callbacks: TickPrice (a price and
its size) and HistoricalData (a callback a bar).
"""

from __future__ import annotations

import re

Pairs = tuple[tuple[str, str], ...]

CONTRACT = "conId symbol secType currency localSymbol"
ORDER = "permId action orderType totalQuantity lmtPrice tif"


def rows(text: str) -> dict[str, tuple[str, Pairs]]:
    """Read a table: a row starts at the margin, its pairs may go on in indented lines.

    `@CONTRACT:1` stands for the values of a contract in argument 1, `@ORDER:2` likewise.
    """
    joined = re.sub(r"\n +", " ", text.strip())
    out = {}
    for line in joined.splitlines():
        name, other, *cells = line.split()
        out[name] = (other, tuple(pair for cell in cells for pair in _pairs(cell)))
    return out


def _pairs(cell: str) -> list[tuple[str, str]]:
    if cell.startswith("@"):
        kind, at = cell[1:].split(":")
        names = {"CONTRACT": CONTRACT, "ORDER": ORDER}[kind].split()
        return [(f"{at}.{name}", f"{kind.lower()}.{name}") for name in names]
    left, right = cell.split("=")
    return [(left, right)]


# message               callback, values
REPLIES = rows("""
ManagedAccounts         managedAccounts           0=accountsList
NextValidId             nextValidId               0=orderId
ErrorMessage            error                     0=id|reqId 1=errorCode 2=errorMsg|errorString
CurrentTime             currentTime               0=currentTime|time
ContractData            contractDetails           0=reqId
                        1.contract.conId=contract.conId
                        1.contract.symbol=contract.symbol
                        1.contract.exchange=contract.exchange
                        1.contract.currency=contract.currency
                        1.contract.primaryExchange=contract.primaryExch|contract.primaryExchange
                        1.minTick=contractDetails.minTick
                        1.longName=contractDetails.longName
                        1.marketName=contractDetails.marketName
                        1.validExchanges=contractDetails.validExchanges
                        1.orderTypes=contractDetails.orderTypes
                        1.timeZoneId=contractDetails.timeZoneId
                        1.tradingHours=contractDetails.tradingHours
                        1.liquidHours=contractDetails.liquidHours
ContractDataEnd         contractDetailsEnd        0=reqId
TickReqParams           tickReqParams             0=reqId|tickerId 1=minTick 2=bboExchange
                                                  3=snapshotPermissions
MarketDataType          marketDataType            0=reqId 1=marketDataType
TickSize                tickSize                  0=reqId 1=tickType 2=size
TickString              tickString                0=reqId 1=tickType 2=value
TickGeneric             tickGeneric               0=reqId 1=tickType 2=value
TickSnapshotEnd         tickSnapshotEnd           0=reqId
HistoricalDataEnd       historicalDataEnd         0=reqId 1=startDateStr 2=endDateStr
OpenOrder               openOrder                 0=orderId @CONTRACT:1 @ORDER:2
                        2.clientId=order.clientId 2.account=order.account
                        3.status=orderState.status
OpenOrdersEnd           openOrderEnd
OrderStatus             orderStatus               0=orderId 1=status 2=filled 3=remaining
                        4=avgFillPrice 5=permId 6=parentId 7=lastFillPrice 8=clientId
                        9=whyHeld 10=mktCapPrice
ExecutionDetails        execDetails               0=reqId @CONTRACT:1
                        2.orderId=execution.orderId 2.execId=execution.execId
                        2.time=execution.time 2.acctNumber=execution.acctNumber
                        2.exchange=execution.exchange 2.side=execution.side
                        2.shares=execution.shares 2.price=execution.price
                        2.permId=execution.permId 2.clientId=execution.clientId
                        2.cumQty=execution.cumQty 2.avgPrice=execution.avgPrice
ExecutionDetailsEnd     execDetailsEnd            0=reqId
CommissionAndFeesReport commissionAndFeesReport   0.execId=execId
                        0.commissionAndFees|commission=commissionAndFees
                        0.currency=currency 0.realizedPNL=realizedPNL
CompletedOrder          completedOrder            @CONTRACT:0 @ORDER:1
                        2.status=orderState.status 2.completedTime=orderState.completedTime
                        2.completedStatus=orderState.completedStatus
CompletedOrdersEnd      completedOrdersEnd
Position                position                  0=account @CONTRACT:1 2=position 3=avgCost
PositionEnd             positionEnd
AccountValue            updateAccountValue        0=key 1=value 2=currency 3=accountName
PortfolioValue          updatePortfolio           @CONTRACT:0 1=position 2=marketPrice
                        3=marketValue 4=averageCost 5=unrealizedPNL 6=realizedPNL 7=accountName
AccountUpdateTime       updateAccountTime         0=timeStamp
AccountDataEnd          accountDownloadEnd        0=accountName
AccountSummary          accountSummary            0=reqId 1=account 2=tag 3=value 4=currency
AccountSummaryEnd       accountSummaryEnd         0=reqId
AccountUpdateMulti      accountUpdateMulti        0=reqId 1=account 2=modelCode 3=key 4=value
                                                  5=currency
AccountUpdateMultiEnd   accountUpdateMultiEnd     0=reqId
""")

# One bar of HistoricalData; argument 0 is the request's id.
BAR = rows("""
HistoricalDataBar historicalData 1.date=date 1.open=open 1.high=high 1.low=low 1.close=close
                  1.volume=volume 1.wap|WAP|average=WAP|wap 1.barCount=barCount
""")["HistoricalDataBar"][1]

# request                 message, values
REQUESTS = rows("""
reqCurrentTime            CurrentTime
reqContractDetails        ContractData              0=reqId 1.conId=contract.conId
reqMktData                MarketData                0=reqId 1.symbol=contract.symbol
cancelMktData             CancelMarketData          0=reqId
reqHistoricalData         HistoricalData            0=reqId 1.symbol=contract.symbol
placeOrder                PlaceOrder                0=orderId 1.symbol=contract.symbol
                          2.action=order.action 2.orderType=order.orderType 2.tif=order.tif
                          2.totalQuantity=order.totalQuantity 2.lmtPrice=order.lmtPrice
cancelOrder               CancelOrder               0=orderId|id
reqPositions              Positions
cancelPositions           CancelPositions
reqAccountUpdates         AccountData
reqAccountUpdatesMulti    AccountUpdatesMulti       0=reqId
cancelAccountUpdatesMulti CancelAccountUpdatesMulti 0=reqId
reqAccountSummary         AccountSummary            0=reqId
cancelAccountSummary      CancelAccountSummary      0=reqId
reqOpenOrders             OpenOrders
reqAllOpenOrders          AllOpenOrders
reqCompletedOrders        CompletedOrders
reqExecutions             Execution                 0=reqId
""")
