"""The server's configuration as the API reads and writes it (server 219 on).

A setting that is ``None`` is not told, or not to be changed. Fields stand in the order of the
protobuf schema, which is also the numbering there.
"""

from .units import Record


class LockAndExitConfig(Record):
    """When the server logs off by itself."""

    autoLogoffTime: str = ""
    autoLogoffPeriod: str = ""
    autoLogoffType: str = ""


class MessageConfig(Record):
    """A message that the server may show, and what it does by default."""

    id: int | None = None
    title: str = ""
    message: str = ""
    defaultAction: str = ""
    enabled: bool | None = None


class ApiPrecautionsConfig(Record):
    """Warnings that orders from the API pass by."""

    bypassOrderPrecautions: bool | None = None
    bypassBondWarning: bool | None = None
    bypassNegativeYieldConfirmation: bool | None = None
    bypassCalledBondWarning: bool | None = None
    bypassSameActionPairTradeWarning: bool | None = None
    bypassFlaggedAccountsWarning: bool | None = None
    bypassPriceBasedVolatilityWarning: bool | None = None
    bypassRedirectOrderWarning: bool | None = None
    bypassNoOverfillProtection: bool | None = None
    bypassRouteMarketableToBBO: bool | None = None


class ApiSettingsConfig(Record):
    """The API page of the settings."""

    readOnlyApi: bool | None = None
    totalQuantityForMutualFunds: bool | None = None
    downloadOpenOrdersOnConnection: bool | None = None
    includeVirtualFxPositions: bool | None = None
    prepareDailyPnL: bool | None = None
    sendStatusUpdatesForVolatilityOrders: bool | None = None
    encodeApiMessages: str = ""
    socketPort: int | None = None
    useNegativeAutoRange: bool | None = None
    createApiMessageLogFile: bool | None = None
    includeMarketDataInLogFile: bool | None = None
    exposeTradingScheduleToApi: bool | None = None
    splitInsuredDepositFromCashBalance: bool | None = None
    sendZeroPositionsForTodayOnly: bool | None = None
    letApiAccountRequestsSwitchSubscription: bool | None = None
    useAccountGroupsWithAllocationMethods: bool | None = None
    loggingLevel: str = ""
    masterClientId: int | None = None
    bulkDataTimeout: int | None = None
    componentExchSeparator: str = ""
    showForexDataIn1_10Pips: bool | None = None
    allowForexTradingIn1_10Pips: bool | None = None
    roundAccountValuesToNearestWholeNumber: bool | None = None
    sendMarketDataInLotsForUsStocks: bool | None = None
    showAdvancedOrderRejectInUi: bool | None = None
    rejectMessagesAboveMaxRate: bool | None = None
    maintainConnectionOnIncorrectFields: bool | None = None
    compatibilityModeNasdaqStocks: bool | None = None
    sendInstrumentTimezone: str = ""
    sendForexDataInCompatibilityMode: bool | None = None
    maintainAndResubmitOrdersOnReconnect: bool | None = None
    historicalDataMaxSize: int | None = None
    autoReportNettingEventContractTrades: bool | None = None
    optionExerciseRequestType: str = ""
    allowLocalhostOnly: bool | None = None
    trustedIPs: list[str] = []


class ApiConfig(Record):
    """Everything about the API."""

    precautions: ApiPrecautionsConfig | None = None
    settings: ApiSettingsConfig | None = None


class OrdersSmartRoutingConfig(Record):
    """How SMART routes orders."""

    seekPriceImprovement: bool | None = None
    preOpenReroute: bool | None = None
    doNotRouteToDarkPools: bool | None = None
    defaultAlgorithm: str = ""


class OrdersConfig(Record):
    """Everything about orders."""

    smartRouting: OrdersSmartRoutingConfig | None = None


class UpdateConfigWarning(Record):
    """A warning that a change must accept before it is made."""

    messageId: int | None = None
    title: str = ""
    message: str = ""
