"""The settings of the API as one table: the 36 and the 10 of the API's own configuration.

Numbers and official names are those of the records in ``papertape.model`` (ApiSettingsConfig,
ApiPrecautionsConfig, LockAndExitConfig, OrdersSmartRoutingConfig). ``docs/guides/settings.md``
shows this table; ``make gen`` writes it.
"""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from .addresses import network, written

Value = bool | int | str | list[str] | None
Check = Callable[[Any], Value]
"""What is written -> the value; raises ``ValueError`` saying what is allowed."""


class Rule(msgspec.Struct, frozen=True):
    """What a setting may be: how it is checked, and what a form shows of that."""

    type: Literal["switch", "number", "choice", "text", "list"]
    check: Check
    choices: tuple[str, ...] = ()
    lowest: int | None = None
    """Of a number."""
    highest: int | None = None
    longest: int | None = None
    """Letters of a text, entries of a list."""
    blank: bool = False
    """Whether it may be none."""

    def __call__(self, given: Any) -> Value:
        """The value. Raises ``ValueError`` saying what is allowed."""
        return self.check(given)


ON = ("true", "on", "yes", "1")
OFF = ("false", "off", "no", "0")
LEVELS = ("system", "error", "warning", "information", "detail")
"""Logging levels by name; setServerLogLevel counts them from 1."""
OPERATOR, INSTRUMENT, UTC = "operator timezone", "instrument timezone", "UTC"
MOST_NETWORKS = 256


def _flag(given: Any) -> bool:
    """On or off."""
    word = str(given).strip().lower()
    if isinstance(given, bool) or word in (*ON, *OFF):
        return word in ON
    raise ValueError("Choose true or false")


flag = Rule("switch", _flag)


def number(lowest: int, highest: int) -> Rule:
    """A whole number between two bounds."""

    def check(given: Any) -> int:
        try:
            value = int(str(given)) if isinstance(given, str | int) else None
        except ValueError:
            value = None
        if value is None or isinstance(given, bool) or not lowest <= value <= highest:
            raise ValueError(f"Choose a number from {lowest} to {highest}")
        return value

    return Rule("number", check, lowest=lowest, highest=highest)


_CLIENT_ID = number(0, (1 << 31) - 1)


def _client_id(given: Any) -> Value:
    """A client id; blank, or -1 where blank cannot be said, for none."""
    if given is None or str(given).strip() in ("", "-1"):
        return None
    return _CLIENT_ID(given)


client_id = Rule("number", _client_id, lowest=0, highest=_CLIENT_ID.highest, blank=True)


def choice(*names: str) -> Rule:
    """One of some words, in any case."""
    known = {name.lower(): name for name in names}

    def check(given: Any) -> str:
        found = known.get(str(given).strip().lower())
        if found is None:
            raise ValueError("Choose one of: " + ", ".join(names))
        return found

    return Rule("choice", check, choices=names)


def text(longest: int) -> Rule:
    """Printable letters, up to a number."""

    def check(given: Any) -> str:
        if not isinstance(given, str) or len(given) > longest or not (given + " ").isprintable():
            raise ValueError(f"Choose a text of at most {longest} printable letters")
        return given

    return Rule("text", check, longest=longest, blank=True)


def _half_day_time(given: Any) -> str:
    """``HH:MM``, at most 12:59; the other half of the day is a setting of its own."""
    hours, _, minutes = str(given).partition(":")
    digits = hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2
    if not digits or not 1 <= int(hours) <= 12 or int(minutes) > 59:
        raise ValueError("Choose a time such as 11:45")
    return f"{int(hours):02}:{minutes}"


half_day_time = Rule("text", _half_day_time, longest=len("11:45"))


def networks(given: Any) -> list[str]:
    """Addresses and networks, as a list or with commas between them."""
    words = given.replace(";", ",").split(",") if isinstance(given, str) else given
    if not isinstance(words, list | tuple) or len(words) > MOST_NETWORKS:
        raise ValueError(f"Choose at most {MOST_NETWORKS} addresses or networks")
    found = [str(word).strip() for word in words]
    for word in filter(None, found):
        try:
            network(word)
        except ValueError:
            raise ValueError(f"{word!r} is no address and no network such as 10.0.0.0/8") from None
    return list(dict.fromkeys(map(written, filter(None, found))))


addresses = Rule("list", networks, longest=MOST_NETWORKS, blank=True)


class Setting(msgspec.Struct, frozen=True):
    """One row of the table."""

    group: str
    """The record that has it: settings, precautions, lockAndExit, smartRouting."""
    number: int
    """Its number in that record."""
    name: str
    check: Rule
    default: Value
    line: str
    """What it does when it is on, in a sentence."""
    idle: str = ""
    """Why it does not act yet; "" when it acts."""
    fresh: Value | msgspec.UnsetType = msgspec.UNSET
    """The value of a newly installed Gateway, where ours differs."""
    reason: str = ""
    """Why ours differs."""

    @property
    def path(self) -> str:
        """How a reply of updateConfig names it."""
        return f"{PATHS[self.group]}.{self.name}"


PATHS = {
    "settings": "api.settings",
    "precautions": "api.precautions",
    "lockAndExit": "lockAndExit",
    "smartRouting": "orders.smartRouting",
}

NO_FUNDS = "the venue has no mutual funds"
NO_FA = "the venue has no advisor accounts"
NO_VOL = "the venue takes no volatility orders"
NO_PNL = "the station does not serve PnL requests"
NO_LINE = "no such warning is given, so there is nothing to bypass"
NO_ROUTES = "every SMART order trades against the one displayed market"
WORD = "TWS shows this to its user; a station has no window"


def _settings() -> list[Setting]:
    rows: list[tuple[Any, ...]] = [
        ("readOnlyApi", flag, False, "Orders cannot be placed, changed or listed; 321 says so.",
         "", True, "a paper account is there to be traded on"),
        ("totalQuantityForMutualFunds", flag, True, "Fund orders count shares.", NO_FUNDS),
        ("downloadOpenOrdersOnConnection", flag, True,
         "A client that connects is sent its working orders, unasked."),
        ("includeVirtualFxPositions", flag, True,
         "Positions and portfolio show currency pairs that were traded."),
        ("prepareDailyPnL", flag, True, "Daily PnL is ready with the positions.", NO_PNL),
        ("sendStatusUpdatesForVolatilityOrders", flag, True,
         "Volatility orders report each repricing.", NO_VOL),
        ("encodeApiMessages", choice("ASCII 7", "UTF-8"), "UTF-8", "How texts are encoded.",
         "texts are always sent as UTF-8", "ASCII 7", "names and references arrive unharmed"),
        ("socketPort", number(1, 65535), 7497,
         "The port that clients connect to. A change tells every client 1300 and closes it.",
         "", 4002, "a station is TWS unless it is told to be Gateway"),
        ("useNegativeAutoRange", flag, True,
         "Orders of the TWS user get ids below 0 when client 0 binds them; else the next ones."),
        ("createApiMessageLogFile", flag, False,
         "Every message is written to ``api.<client>.<day>.log``."),
        ("includeMarketDataInLogFile", flag, False, "Market data is in those files as well."),
        ("exposeTradingScheduleToApi", flag, True, "Contract details tell the trading hours.",
         "contract details always tell the same hours"),
        ("splitInsuredDepositFromCashBalance", flag, False,
         "The insured deposit is told apart from the cash.", "paper accounts have none"),
        ("sendZeroPositionsForTodayOnly", flag, False,
         "Positions of size 0 are told only if they were opened today.",
         "positions closed on an earlier day are always told"),
        ("letApiAccountRequestsSwitchSubscription", flag, False,
         "An account request changes the account that TWS shows.", WORD),
        ("useAccountGroupsWithAllocationMethods", flag, True,
         "Advisor groups carry their allocation method.", NO_FA),
        ("loggingLevel", choice(*LEVELS), "error",
         "How much of a session the log tells, until it sends setServerLogLevel."),
        ("masterClientId", client_id, None,
         "The client that is told orders, status and executions of all clients."),
        ("bulkDataTimeout", number(1, 3600), 30,
         "Seconds that a history request waits for a broken data farm, before 162."),
        ("componentExchSeparator", text(8), "", "Between an exchange and its component.",
         "no exchange here has components"),
        ("showForexDataIn1_10Pips", flag, True, "Currency prices have tenths of a pip.",
         "currency prices always have them"),
        ("allowForexTradingIn1_10Pips", flag, True,
         "Currency orders may have tenths of a pip; otherwise these get 110."),
        ("roundAccountValuesToNearestWholeNumber", flag, False,
         "Account values are sent without their cents."),
        ("sendMarketDataInLotsForUsStocks", flag, False,
         "Sizes of live quotes of US stocks count round lots."),
        ("showAdvancedOrderRejectInUi", flag, False,
         "TWS shows advanced rejections instead of sending them.", WORD),
        ("rejectMessagesAboveMaxRate", flag, False,
         "Requests above the rate are refused with 100; otherwise they wait."),
        ("maintainConnectionOnIncorrectFields", flag, True,
         "A field that cannot be read gets 320 and the session goes on."),
        ("compatibilityModeNasdaqStocks", flag, False, "NASDAQ is called ISLAND.",
         "NASDAQ is called NASDAQ, and ISLAND is understood"),
        ("sendInstrumentTimezone", choice(OPERATOR, INSTRUMENT, UTC), INSTRUMENT,
         "The zone of the times of bars and executions, from server version 174 on."),
        ("sendForexDataInCompatibilityMode", flag, False, "Currency data as before 1/10 pips.",
         "currency data has one form"),
        ("maintainAndResubmitOrdersOnReconnect", flag, True,
         "Orders sent while the broker's link is down go out when it is back."),
        ("historicalDataMaxSize", number(1, 1024), 16, "Megabytes of a historical answer.",
         "an answer is bounded by its bars, not its bytes"),
        ("autoReportNettingEventContractTrades", flag, True,
         "Event contract trades that net out are reported.", "the venue has no event contracts"),
        ("optionExerciseRequestType", text(100), "editable until cutoff time",
         "What becomes of an exercise request.", "the venue has no options"),
        ("allowLocalhostOnly", flag, False, "Other computers are refused outright.",
         "", True, "--host says already who can come, and strangers are asked for"),
        ("trustedIPs", addresses, ["127.0.0.1", "::1"],
         "Addresses and networks that are accepted without asking.",
         "", ["127.0.0.1"], "this computer by IPv6 is this computer"),
    ]  # fmt: skip
    return [Setting("settings", index, *row) for index, row in enumerate(rows, 1)]


def _precautions() -> list[Setting]:
    rows = [
        ("bypassOrderPrecautions", "Orders pass the limits of size, price and value."),
        ("bypassBondWarning", "Bond orders pass the warning about bonds."),
        ("bypassNegativeYieldConfirmation", "So do those that yield less than nothing."),
        ("bypassCalledBondWarning", "So do those on called bonds."),
        ("bypassSameActionPairTradeWarning", "Pairs pass whose legs have the same side."),
        ("bypassFlaggedAccountsWarning", "Orders pass that touch flagged accounts."),
        ("bypassPriceBasedVolatilityWarning", "So do volatility orders with a price."),
        ("bypassRedirectOrderWarning", "So do orders that name an exchange instead of SMART."),
        ("bypassNoOverfillProtection", "So do groups whose orders may all fill."),
        ("bypassRouteMarketableToBBO", "So do marketable orders sent to one exchange."),
    ]
    return [
        Setting("precautions", index, name, flag, False, line, NO_LINE)
        for index, (name, line) in enumerate(rows, 1)
    ]


def _others() -> list[Setting]:
    return [
        Setting("lockAndExit", 1, "autoLogoffTime", half_day_time, "11:00",
                "When TWS logs off, once one of these three has been set."),
        Setting("lockAndExit", 2, "autoLogoffPeriod", choice("AM", "PM"), "PM",
                "In which half of the day."),
        Setting("lockAndExit", 3, "autoLogoffType", choice("logoff", "restart"), "logoff",
                "Log off, which ends the station, or restart."),
        Setting("smartRouting", 1, "seekPriceImprovement", flag, True,
                "SMART looks for better prices.", NO_ROUTES),
        Setting("smartRouting", 2, "preOpenReroute", flag, False,
                "SMART reroutes before the opening.", NO_ROUTES),
        Setting("smartRouting", 3, "doNotRouteToDarkPools", flag, False,
                "SMART avoids dark pools.", NO_ROUTES),
        Setting("smartRouting", 4, "defaultAlgorithm", text(40), "",
                "The algorithm of orders that name none.", NO_ROUTES),
    ]  # fmt: skip


PORTS = {"TWS": 7497, "Gateway": 4002}
"""Socket ports for paper trading."""
TABLE = (*_settings(), *_precautions(), *_others())
NAMES = {row.name: row for row in TABLE}


class Question(msgspec.Struct, frozen=True):
    """A warning that a change by the API must accept before it is made."""

    number: int
    """Our own numbers: TWS's are not published."""
    name: str
    """The setting, or ``resetAPIOrderSequence``."""
    title: str
    text: str
    when: Value | msgspec.UnsetType = msgspec.UNSET
    """The new value that it is about; unset: any."""


QUESTIONS = (
    Question(1, "readOnlyApi", "Read-Only API",
             "API programs will be able to place, change and cancel orders.", False),
    Question(2, "socketPort", "Socket port",
             "Every API program is disconnected and must reconnect on the new port."),
    Question(3, "allowLocalhostOnly", "Connections from localhost only",
             "Programs on other computers will be able to connect, if they are accepted.", False),
    Question(4, "trustedIPs", "Trusted IPs",
             "Programs at these addresses connect without being asked for."),
    Question(5, "bypassOrderPrecautions", "Bypass Order Precautions",
             "Orders of API programs pass the limits of size, price and value.", True),
    Question(6, "resetAPIOrderSequence", "Reset API order ID sequence",
             "Order ids begin at 1 again for every API program."),
)  # fmt: skip
