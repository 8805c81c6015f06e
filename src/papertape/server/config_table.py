"""The settings of the API as one table: 36 settings, 10 precautions, and 7 others.

Numbers and official names are those of the records in ``papertape.model`` (ApiSettingsConfig,
ApiPrecautionsConfig, LockAndExitConfig, OrdersSmartRoutingConfig). ``make gen`` writes the table
to ``docs/guides/settings.md``.
"""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from .addresses import network, written
from .settings import ApiDefaults

Value = bool | int | str | list[str] | None
Check = Callable[[Any], Value]
"""Converts a given value to the setting's; raises ``ValueError`` saying what is allowed."""


class Rule(msgspec.Struct, frozen=True):
    """The valid values of a setting: the check, and what a form shows of it."""

    type: Literal["switch", "number", "choice", "text", "list"]
    check: Check
    choices: tuple[str, ...] = ()
    lowest: int | None = None
    """The least value of a number."""
    highest: int | None = None
    longest: int | None = None
    """Maximum characters of a text, or entries of a list."""
    blank: bool = False
    """Whether it may be None."""

    def __call__(self, given: Any) -> Value:
        """Return the checked value. Raises ``ValueError`` saying what is allowed."""
        return self.check(given)


ON = ("true", "on", "yes", "1")
OFF = ("false", "off", "no", "0")
LEVELS = ("system", "error", "warning", "information", "detail")
"""Logging levels by name; setServerLogLevel numbers them from 1."""
OPERATOR, INSTRUMENT, UTC = "operator timezone", "instrument timezone", "UTC"
MOST_NETWORKS = 256


def _flag(given: Any) -> bool:
    """Check for on or off."""
    word = str(given).strip().lower()
    if isinstance(given, bool) or word in (*ON, *OFF):
        return word in ON
    raise ValueError("Choose true or false")


flag = Rule("switch", _flag)


def number(lowest: int, highest: int) -> Rule:
    """Return the rule of an integer between two bounds."""

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
    """Check a client id; blank or -1 is none."""
    if given is None or str(given).strip() in ("", "-1"):
        return None
    return _CLIENT_ID(given)


client_id = Rule("number", _client_id, lowest=0, highest=_CLIENT_ID.highest, blank=True)


def choice(*names: str) -> Rule:
    """Return the rule of one of several words, in any case."""
    known = {name.lower(): name for name in names}

    def check(given: Any) -> str:
        found = known.get(str(given).strip().lower())
        if found is None:
            raise ValueError("Choose one of: " + ", ".join(names))
        return found

    return Rule("choice", check, choices=names)


def text(longest: int) -> Rule:
    """Return the rule of a text of up to ``longest`` printable characters."""

    def check(given: Any) -> str:
        if not isinstance(given, str) or len(given) > longest or not (given + " ").isprintable():
            raise ValueError(f"Choose a text of at most {longest} printable characters")
        return given

    return Rule("text", check, longest=longest, blank=True)


def _half_day_time(given: Any) -> str:
    """Check ``HH:MM``, at most 12:59; AM or PM is another setting."""
    hours, _, minutes = str(given).partition(":")
    digits = hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2
    if not digits or not 1 <= int(hours) <= 12 or int(minutes) > 59:
        raise ValueError("Choose a time such as 11:45")
    return f"{int(hours):02}:{minutes}"


half_day_time = Rule("text", _half_day_time, longest=len("11:45"))


def networks(given: Any) -> list[str]:
    """Check addresses and networks, as a list or separated by commas."""
    words = given.replace(";", ",").split(",") if isinstance(given, str) else given
    if not isinstance(words, list | tuple) or len(words) > MOST_NETWORKS:
        raise ValueError(f"Choose at most {MOST_NETWORKS} addresses or networks")
    found = [str(word).strip() for word in words]
    for word in filter(None, found):
        try:
            network(word)
        except ValueError:
            raise ValueError(f"{word!r} is not an address or a network (10.0.0.0/8)") from None
    return list(dict.fromkeys(map(written, filter(None, found))))


addresses = Rule("list", networks, longest=MOST_NETWORKS, blank=True)


class Setting(msgspec.Struct, frozen=True):
    """One row of the table."""

    group: str
    """The record that contains it: settings, precautions, lockAndExit, smartRouting."""
    number: int
    """Its number in that record."""
    name: str
    check: Rule
    default: Value
    line: str
    """What the setting does, in a sentence."""
    idle: str = ""
    """Why it does not apply to this station; "" when it has an effect."""
    fresh: Value | msgspec.UnsetType = msgspec.UNSET
    """The value of a newly installed TWS or Gateway, where ours differs."""
    reason: str = ""
    """Why ours differs."""

    @property
    def path(self) -> str:
        """Its name in a reply to updateConfig."""
        return f"{PATHS[self.group]}.{self.name}"


PATHS = {
    "settings": "api.settings",
    "precautions": "api.precautions",
    "lockAndExit": "lockAndExit",
    "smartRouting": "orders.smartRouting",
}

NO_PROFILES = "groups always carry it, as in a TWS from server version 177 on"
NO_FLAGS = "accounts are flagged in the window of TWS, and a station has none"
NO_BONDS = "no words of such a warning are published: orders for bonds pass"
NO_ROUTES = "every SMART order trades against the one displayed market"
NO_WINDOW = "it concerns the window of TWS, and a station has none"
EDITABLE, FINAL = "editable until cutoff time", "final"
ENCODINGS = {"ASCII 7": "ascii", "Latin-1": "latin-1", "UTF-8": ""}
"""Encodings of texts by name; the codec, "" for none that is needed."""


def _settings() -> list[Setting]:
    rows: list[tuple[Any, ...]] = [
        ("readOnlyApi", flag, False, "Clients cannot place, change or list orders (321).",
         "", True, "a paper account is for trading"),
        ("totalQuantityForMutualFunds", flag, True,
         "Funds may be bought by shares; off, by an amount of money alone (427)."),
        ("downloadOpenOrdersOnConnection", flag, True,
         "A client receives its working orders when it connects."),
        ("includeVirtualFxPositions", flag, True,
         "Positions and portfolio show currency pairs that were traded."),
        ("prepareDailyPnL", flag, True, "Daily PnL is in the first row of reqPnL."),
        ("sendStatusUpdatesForVolatilityOrders", flag, True,
         "Volatility orders report each repricing."),
        ("encodeApiMessages", choice(*ENCODINGS), "UTF-8",
         "The encoding of texts to clients; what it lacks is sent as ?.",
         "", "ASCII 7", "names and references arrive unchanged"),
        ("socketPort", number(1, 65535), 7497,
         "The port that clients connect to. A change sends 1300 to every client and closes it.",
         "", 4002, "a station is TWS unless it is started as Gateway"),
        ("useNegativeAutoRange", flag, True,
         "Orders of the TWS user get negative ids when client 0 binds them; else the next ids."),
        ("createApiMessageLogFile", flag, False,
         "Every message is written to ``api.<client>.<day>.log``."),
        ("includeMarketDataInLogFile", flag, False, "Market data is in those files as well."),
        ("exposeTradingScheduleToApi", flag, True, "Contract details have the trading hours."),
        ("splitInsuredDepositFromCashBalance", flag, False,
         "The insured deposit is reported apart from the cash.",
         "accounts here have no insured deposit, nor has a paper account"),
        ("sendZeroPositionsForTodayOnly", flag, False,
         "Positions of size 0 are sent only if they were opened today."),
        ("letApiAccountRequestsSwitchSubscription", flag, False,
         "An account request changes the account that TWS shows.", NO_WINDOW),
        ("useAccountGroupsWithAllocationMethods", flag, True,
         "Advisor groups carry their allocation method.", NO_PROFILES),
        ("loggingLevel", choice(*LEVELS), "error",
         "The log level of a session, until it sends setServerLogLevel."),
        ("masterClientId", client_id, None,
         "The client that receives orders, status and executions of all clients."),
        ("bulkDataTimeout", number(1, 3600), 30,
         "Seconds that a history request waits for a broken data farm, before 162."),
        ("componentExchSeparator", text(8), "",
         "Stands between exchange and primary exchange in one field, as `:` and `/` always do."),
        ("showForexDataIn1_10Pips", flag, True,
         "Currency prices have tenths of a pip; otherwise halves."),
        ("allowForexTradingIn1_10Pips", flag, True,
         "Currency orders may have tenths of a pip; otherwise these get 110."),
        ("roundAccountValuesToNearestWholeNumber", flag, False,
         "Account values are sent without their cents."),
        ("sendMarketDataInLotsForUsStocks", flag, False,
         "Sizes of live quotes of US stocks count round lots."),
        ("showAdvancedOrderRejectInUi", flag, False,
         "TWS shows advanced rejections instead of sending them.", NO_WINDOW),
        ("rejectMessagesAboveMaxRate", flag, False,
         "Requests above the rate are refused with 100; otherwise they wait."),
        ("maintainConnectionOnIncorrectFields", flag, True,
         "A field that cannot be parsed gets 320 and the session continues."),
        ("compatibilityModeNasdaqStocks", flag, False,
         "NASDAQ is called ISLAND; both are understood."),
        ("sendInstrumentTimezone", choice(OPERATOR, INSTRUMENT, UTC), INSTRUMENT,
         "The zone of the times of bars and executions, from server version 174 on."),
        ("sendForexDataInCompatibilityMode", flag, False, "Currency prices have whole pips."),
        ("maintainAndResubmitOrdersOnReconnect", flag, True,
         "Orders held while the broker link is down are sent when it is back."),
        ("historicalDataMaxSize", number(1, 1024), 16,
         "The most MB of an answer with historical bars, else 162."),
        ("autoReportNettingEventContractTrades", flag, True,
         "Event contract trades that net out are reported.", "the venue has no event contracts"),
        ("optionExerciseRequestType", choice(EDITABLE, FINAL), EDITABLE,
         "Whether an exercise request can be cancelled until the cut-off; else 10148."),
        ("allowLocalhostOnly", flag, False, "The station refuses other computers.",
         "", True, "--host limits who can connect, and the user decides about unknown addresses"),
        ("trustedIPs", addresses, ["127.0.0.1", "::1"],
         "Addresses and networks that are accepted without a decision of the user.",
         "", ["127.0.0.1"], "::1 is this computer too"),
    ]  # fmt: skip
    return [Setting("settings", index, *row) for index, row in enumerate(rows, 1)]


def _precautions() -> list[Setting]:
    rows = (
        ("bypassOrderPrecautions",
         "Orders pass the limits of price (163, 164, 382), size (383) and value (451).", ""),
        ("bypassBondWarning", "Bond orders pass the warning about bonds.", NO_BONDS),
        ("bypassNegativeYieldConfirmation", "Bond orders with a negative yield pass.", NO_BONDS),
        ("bypassCalledBondWarning", "Orders for called bonds pass.", NO_BONDS),
        ("bypassSameActionPairTradeWarning",
         "Combinations of two legs with the same side pass (201).", ""),
        ("bypassFlaggedAccountsWarning", "Orders of flagged accounts pass.", NO_FLAGS),
        ("bypassPriceBasedVolatilityWarning",
         "Volatility orders, whose price follows the market, pass (201).", ""),
        ("bypassRedirectOrderWarning",
         "Stock orders that name an exchange instead of SMART pass (10311, 10329).", ""),
        ("bypassNoOverfillProtection",
         "Groups whose orders may all fill pass at an exchange (10324).", ""),
        ("bypassRouteMarketableToBBO", "Orders that set routeMarketableToBbo pass (201).", ""),
    )  # fmt: skip
    why = "orders of a tester pass"
    return [
        Setting("precautions", index, name, flag, True, line, idle, False, why)
        for index, (name, line, idle) in enumerate(rows, 1)
    ]


def _others() -> list[Setting]:
    return [
        Setting("lockAndExit", 1, "autoLogoffTime", half_day_time, "11:00",
                "When TWS logs off; acts once one of these three has been set."),
        Setting("lockAndExit", 2, "autoLogoffPeriod", choice("AM", "PM"), "PM",
                "The half of the day of autoLogoffTime."),
        Setting("lockAndExit", 3, "autoLogoffType", choice("logoff", "restart"), "logoff",
                "Whether TWS logs off, which ends the station, or restarts."),
        Setting("smartRouting", 1, "seekPriceImprovement", flag, True,
                "SMART seeks better prices.", NO_ROUTES),
        Setting("smartRouting", 2, "preOpenReroute", flag, False,
                "SMART reroutes before the opening.", NO_ROUTES),
        Setting("smartRouting", 3, "doNotRouteToDarkPools", flag, False,
                "SMART avoids dark pools.", NO_ROUTES),
        Setting("smartRouting", 4, "defaultAlgorithm", text(40), "",
                "The algorithm of orders without one.", NO_ROUTES),
    ]  # fmt: skip


def default_of(row: Setting, defaults: ApiDefaults) -> Value:
    """The value of a setting that nobody has chosen; the port goes with the profile."""
    fresh = defaults == "fresh" and row.name != "socketPort"
    if row.fresh is msgspec.UNSET or not (fresh or defaults == row.group):
        return row.default
    return row.fresh


PORTS = {"TWS": 7497, "Gateway": 4002}
"""Socket ports for paper trading."""
TABLE = (*_settings(), *_precautions(), *_others())
NAMES = {row.name: row for row in TABLE}


class Question(msgspec.Struct, frozen=True):
    """A warning that a change by the API must accept before it is made."""

    number: int
    """Papertape's own numbers: those of TWS are not published."""
    name: str
    """The setting, or ``resetAPIOrderSequence``."""
    title: str
    text: str
    when: Value | msgspec.UnsetType = msgspec.UNSET
    """The new value that raises the question; unset: any."""


QUESTIONS = (
    Question(1, "readOnlyApi", "Read-Only API",
             "API programs will be able to place, change and cancel orders.", False),
    Question(2, "socketPort", "Socket port",
             "Every API program is disconnected and must reconnect on the new port."),
    Question(3, "allowLocalhostOnly", "Connections from localhost only",
             "Programs on other computers will be able to connect, if they are accepted.", False),
    Question(4, "trustedIPs", "Trusted IPs",
             "Programs at these addresses connect without a decision of the user."),
    Question(5, "bypassOrderPrecautions", "Bypass Order Precautions",
             "Orders of API programs pass the limits of size, price and value.", True),
    Question(6, "resetAPIOrderSequence", "Reset API order ID sequence",
             "Order ids begin at 1 again for every API program."),
)  # fmt: skip
