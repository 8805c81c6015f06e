"""Labels of the API settings as TWS's window has them, where they differ from the names."""

LABELS = {
    "readOnlyApi": "Read-Only API",
    "totalQuantityForMutualFunds": "Use total quantity for mutual funds",
    "downloadOpenOrdersOnConnection": "Download open orders on connection",
    "includeVirtualFxPositions": "Include virtual FX positions when sending portfolio",
    "prepareDailyPnL": "Prepare DailyPnL when downloading positions",
    "sendStatusUpdatesForVolatilityOrders": (
        'Send status updates for volatility orders with "Continuous Update" flag'
    ),
    "encodeApiMessages": "Encode API messages, instrument names",
    "socketPort": "Socket port",
    "useNegativeAutoRange": "Use negative numbers to bind automatic orders",
    "createApiMessageLogFile": "Create API message log file",
    "includeMarketDataInLogFile": "Include market data in API log file",
    "exposeTradingScheduleToApi": "Expose entire trading schedule to API",
    "splitInsuredDepositFromCashBalance": "Split insured deposit from cash balance",
    "sendZeroPositionsForTodayOnly": "Send zero positions for today's opening positions only",
    "letApiAccountRequestsSwitchSubscription": (
        "Let API account requests switch user-visible account subscription"
    ),
    "useAccountGroupsWithAllocationMethods": "Use account groups with allocation methods",
    "loggingLevel": "Logging level",
    "masterClientId": "Master API client ID",
    "bulkDataTimeout": "Timeout to send bulk data to API",
    "componentExchSeparator": "Component exchange separator",
    "showForexDataIn1_10Pips": "Show Forex data in 1/10 pips",
    "allowForexTradingIn1_10Pips": "Allow Forex trading in 1/10 pips",
    "roundAccountValuesToNearestWholeNumber": "Round account values to nearest whole number",
    "sendMarketDataInLotsForUsStocks": "Send market data in lots for US stocks",
    "showAdvancedOrderRejectInUi": "Show advanced order reject in UI always",
    "rejectMessagesAboveMaxRate": (
        "Reject messages above maximum allowed message rate instead of pacing them"
    ),
    "maintainConnectionOnIncorrectFields": (
        "Maintain connection upon receiving incorrectly formatted fields"
    ),
    "compatibilityModeNasdaqStocks": "Compatibility mode: send ISLAND for US stocks on NASDAQ",
    "sendInstrumentTimezone": "Send instrument-specific attributes in",
    "sendForexDataInCompatibilityMode": "Send Forex market data in compatibility mode",
    "maintainAndResubmitOrdersOnReconnect": (
        "Maintain and resubmit orders when connection is restored"
    ),
    "historicalDataMaxSize": "Maximum size of historical data",
    "autoReportNettingEventContractTrades": (
        "Automatically report netting of event contract trades"
    ),
    "optionExerciseRequestType": "Option exercise requests",
    "allowLocalhostOnly": "Allow connections from localhost only",
    "trustedIPs": "Trusted IPs",
    "bypassOrderPrecautions": "Bypass order precautions for API orders",
    "bypassBondWarning": "Bypass bond warning for API orders",
    "bypassNegativeYieldConfirmation": (
        "Bypass negative yield to worst confirmation for API orders"
    ),
    "bypassCalledBondWarning": "Bypass called bond warning for API orders",
    "bypassSameActionPairTradeWarning": ('Bypass "same action pair trade" warning for API orders'),
    "bypassFlaggedAccountsWarning": "Bypass flagged accounts warning for API orders",
    "bypassPriceBasedVolatilityWarning": (
        "Bypass price-based volatility risk warning for API orders"
    ),
    "bypassRedirectOrderWarning": "Bypass redirect order warning for stock API orders",
    "bypassNoOverfillProtection": (
        "Bypass no overfill protection precaution where implied natively"
    ),
    "bypassRouteMarketableToBBO": "Bypass route marketable to BBO warning for API orders",
    "autoLogoffTime": "Auto logoff time",
    "autoLogoffPeriod": "Auto logoff AM or PM",
    "autoLogoffType": "At that time",
    "seekPriceImprovement": "Seek price improvement",
    "preOpenReroute": "Pre-open reroute",
    "doNotRouteToDarkPools": "Do not route to dark pools",
    "defaultAlgorithm": "Default algorithm",
}
"""Official name -> TWS's label."""

SUFFIXES = {"bulkDataTimeout": "s", "historicalDataMaxSize": "MB"}
"""Units shown in the field."""


def label(name: str) -> str:
    """TWS's label of a setting; its official name if there is none."""
    return LABELS.get(name, name)
