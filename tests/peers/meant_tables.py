"""Which callback an answer means, and what of the message its arguments are.

A row: message, callback, the arguments as paths into the message. Written from the descriptions of
the protocol, not from our client, which is one of the clients that are compared with it.
Six messages are not regular; ``meant.py`` has a function for each.
"""

from __future__ import annotations

import re
from typing import Any


def rows(text: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Message: callback and paths; a row goes on in indented lines."""
    joined = re.sub(r"\n +", " ", text.strip())
    lines = (line.split() for line in joined.splitlines())
    return {name: (callback, tuple(paths)) for name, callback, *paths in lines}


CALLBACKS = rows("""
TickSize               tickSize                 reqId tickType size
OrderStatus            orderStatus              orderId status filled remaining avgFillPrice
        permId parentId lastFillPrice clientId whyHeld mktCapPrice
ErrorMessage           error                    id errorTime errorCode errorMsg
        advancedOrderRejectJson
OpenOrder              openOrder                orderId contract order orderState
CompletedOrder         completedOrder           contract order orderState
AccountValue           updateAccountValue       key value currency accountName
PortfolioValue         updatePortfolio          contract position marketPrice marketValue
        averageCost unrealizedPNL realizedPNL accountName
AccountUpdateTime      updateAccountTime        timeStamp
NextValidId            nextValidId              orderId
ExecutionDetails       execDetails              reqId contract execution
MarketDepth            updateMktDepth           reqId marketDepthData.position
        marketDepthData.operation marketDepthData.side marketDepthData.price marketDepthData.size
MarketDepthL2          updateMktDepthL2         reqId marketDepthData.position
        marketDepthData.marketMaker marketDepthData.operation marketDepthData.side
        marketDepthData.price marketDepthData.size marketDepthData.isSmartDepth
NewsBulletin           updateNewsBulletin       newsMsgId newsMsgType newsMessage originatingExch
ManagedAccounts        managedAccounts          accountsList
ReceiveFA              receiveFA                faDataType xml
ScannerParameters      scannerParameters        xml
TickOptionComputation  tickOptionComputation    reqId tickType tickAttrib impliedVol delta
        optPrice pvDividend gamma vega theta undPrice
TickGeneric            tickGeneric              reqId tickType value
TickString             tickString               reqId tickType value
TickEFP                tickEFP                  reqId tickType basisPoints formattedBasisPoints
        totalDividends holdDays futureLastTradeDate dividendImpact dividendsToLastTradeDate
CurrentTime            currentTime              currentTime
RealTimeBarTick        realtimeBar              reqId time open high low close volume wap count
FundamentalData        fundamentalData          reqId data
ContractDataEnd        contractDetailsEnd       reqId
OpenOrdersEnd          openOrderEnd
AccountDataEnd         accountDownloadEnd       accountName
ExecutionDetailsEnd    execDetailsEnd           reqId
DeltaNeutralValidation deltaNeutralValidation   reqId deltaNeutralContract
TickSnapshotEnd        tickSnapshotEnd          reqId
MarketDataType         marketDataType           reqId marketDataType
CommissionReport       commissionAndFeesReport  .
Position               position                 account contract position avgCost
PositionEnd            positionEnd
AccountSummary         accountSummary           reqId account tag value currency
AccountSummaryEnd      accountSummaryEnd        reqId
VerifyMessageApi       verifyMessageAPI         apiData
VerifyCompleted        verifyCompleted          isSuccessful errorText
DisplayGroupList       displayGroupList         reqId groups
DisplayGroupUpdated    displayGroupUpdated      reqId contractInfo
VerifyAndAuthMessageApi verifyAndAuthMessageAPI  apiData xyzChallange
VerifyAndAuthCompleted verifyAndAuthCompleted   isSuccessful errorText
PositionMulti          positionMulti            reqId account modelCode contract position avgCost
PositionMultiEnd       positionMultiEnd         reqId
AccountUpdateMulti     accountUpdateMulti       reqId account modelCode key value currency
AccountUpdateMultiEnd  accountUpdateMultiEnd    reqId
SecDefOptParameter     securityDefinitionOptionParameter reqId exchange underlyingConId
        tradingClass multiplier expirations strikes
SecDefOptParameterEnd  securityDefinitionOptionParameterEnd reqId
SoftDollarTiers        softDollarTiers          reqId softDollarTiers
FamilyCodes            familyCodes              familyCodes
SymbolSamples          symbolSamples            reqId contractDescriptions
MarketDepthExchanges   mktDepthExchanges        depthMktDataDescriptions
TickReqParams          tickReqParams            reqId minTick bboExchange snapshotPermissions
SmartComponents        smartComponents          reqId smartComponents
NewsArticle            newsArticle              reqId articleType articleText
TickNews               tickNews                 reqId timestamp providerCode articleId headline
        extraData
NewsProviders          newsProviders            newsProviders
HistoricalNews         historicalNews           reqId time providerCode articleId headline
HistoricalNewsEnd      historicalNewsEnd        reqId hasMore
HeadTimestamp          headTimestamp            reqId headTimestamp
HistogramData          histogramData            reqId histogramDataEntries
HistoricalDataUpdate   historicalDataUpdate     reqId historicalDataBar
HistoricalDataEnd      historicalDataEnd        reqId startDateStr endDateStr
RerouteMarketDataRequest rerouteMktDataReq        reqId conId exchange
RerouteMarketDepthRequest rerouteMktDepthReq       reqId conId exchange
MarketRule             marketRule               marketRuleId priceIncrements
PnL                    pnl                      reqId dailyPnL unrealizedPnL realizedPnL
PnLSingle              pnlSingle                reqId position dailyPnL unrealizedPnL realizedPnL
        value
HistoricalTicks        historicalTicks          reqId historicalTicks isDone
HistoricalTicksBidAsk  historicalTicksBidAsk    reqId historicalTicksBidAsk isDone
HistoricalTicksLast    historicalTicksLast      reqId historicalTicksLast isDone
OrderBound             orderBound               permId clientId orderId
CompletedOrdersEnd     completedOrdersEnd
ReplaceFAEnd           replaceFAEnd             reqId text
WshMetaData            wshMetaData              reqId dataJson
WshEventData           wshEventData             reqId dataJson
HistoricalSchedule     historicalSchedule       reqId startDateTime endDateTime timeZone
        historicalSessions
UserInfo               userInfo                 reqId whiteBrandingId
CurrentTimeInMillis    currentTimeInMillis      currentTimeInMillis
""")

SIZE_TICK = {1: 0, 2: 3, 4: 5, 66: 69, 67: 70, 68: 71}
"""A price's kind: the kind under which its size is reported besides."""

POLICIES = {"N": "AccumulationFund", "Y": "IncomeFund"}
ASSETS = {
    "001": "MoneyMarket", "002": "FixedIncome", "003": "MultiAsset", "004": "Equity",
    "005": "Sector", "006": "Guaranteed", "007": "Alternative",
}  # fmt: skip
EXERCISES = {
    1: "Exercise", 2: "Lapse", 3: "DoNothing", 100: "Assigned", 101: "AutoexerciseClearing",
    102: "Expired", 103: "Netting", 200: "AutoexerciseTrading",
}  # fmt: skip
ENUMS: dict[str, tuple[str, dict[Any, str]]] = {
    "fundDistributionPolicyIndicator": ("FundDistributionPolicyIndicator", POLICIES),
    "fundAssetType": ("FundAssetType", ASSETS),
    "optExerciseOrLapseType": ("OptionExerciseType", EXERCISES),
}
"""Fields whose code is a member of an enumeration; one that nobody knows is ``NoneItem``."""

CONDITION_FIELDS = {
    1: "isMore price conId exchange triggerMethod", 3: "isMore time", 4: "isMore percent",
    5: "secType exchange symbol", 6: "isMore volume conId exchange",
    7: "isMore changePercent conId exchange",
}  # fmt: skip
"""What belongs to a condition, besides its type and its link to the next."""
