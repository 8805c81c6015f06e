"""What a session looks up beside contracts: bulletins, calculators, rules, tiers, venues, windows.

``Tws`` has these as its own calls.
"""

from enum import IntEnum
from typing import Any

import msgspec

from ..model import (
    Contract,
    DepthMktDataDescription,
    FamilyCode,
    PriceIncrement,
    SmartComponent,
    SoftDollarTier,
)
from ..wire.catalogue import depth, display, news, options, reference
from .companies import Companies
from .conversations import Call
from .facade import DEADLINE_S
from .research import Research
from .session import ClientSession
from .streams import ItemStream, StreamSource
from .subscriptions import Clock, Items, Wait


class BulletinKind(IntEnum):
    """What a bulletin is about."""

    OTHER = 0
    """A kind that is not known."""
    GENERAL = 1
    EXCHANGE_CLOSED = 2
    EXCHANGE_OPEN = 3


class Bulletin(msgspec.Struct, frozen=True):
    """A bulletin of the broker."""

    number: int
    kind: BulletinKind
    text: str
    exchange: str


class BulletinStream(ItemStream):
    """Bulletins one by one; after an interruption those that were told before are left out."""

    def __init__(self, source: StreamSource) -> None:
        super().__init__("reqNewsBulletins", -1, source)
        self._latest = -1

    def items_of(self, message: Any) -> list[Any]:
        """The bulletin."""
        number = message.newsMsgId
        if number <= self._latest and self.gaps:
            return []
        self._latest = max(number, self._latest)
        kinds = {kind.value: kind for kind in BulletinKind}
        kind = kinds.get(message.newsMsgType, BulletinKind.OTHER)
        return [Bulletin(number, kind, message.newsMessage, message.originatingExch)]


class Bulletins(Items[Bulletin]):
    """Bulletins as they appear."""

    def __init__(
        self, core: ClientSession, wait: Wait, clock: Clock, stream: BulletinStream
    ) -> None:
        super().__init__(core, wait, clock, stream)


class DisplayGroupStream(ItemStream):
    """What a display group shows, whenever that changes."""

    def items_of(self, message: Any) -> list[Any]:
        """The text of the group: ``none``, ``combo`` or ``id@exchange``."""
        return [message.contractInfo]


class DisplayGroup(Items[str]):
    """A display group of TWS: windows of one colour that show the same contract.

    Items are what it shows: ``none``, ``combo``, or the contract as ``265598@SMART``.
    """

    def __init__(
        self, core: ClientSession, wait: Wait, clock: Clock, stream: DisplayGroupStream
    ) -> None:
        super().__init__(core, wait, clock, stream)

    def show(self, shown: str) -> None:
        """Make the group show a contract: its number, ``265598@SMART``, or ``none``.

        Raises ``NotConnected``.
        """
        core = self._core.at(self._clock())
        core.send(display.UpdateDisplayGroup(self._stream.request_id, shown))


class _MarketRule(Call):
    """The increments of one rule; the answer names the rule and no request."""

    def __init__(self, rule: int) -> None:
        super().__init__("reqMarketRule")
        self.subject = self._rule = rule

    def feed(self, message: Any) -> None:
        """Take the answer of this rule."""
        if message.marketRuleId == self._rule:
            super().feed(message)


class Directory(Companies, Research):
    """Requests about rules, tiers, venues and the like."""

    def bulletins(self, *, earlier: bool = True) -> Bulletins:
        """Subscribe to the broker's bulletins; ``earlier``: those of today first.

        ``async with tws.bulletins() as line: async for bulletin in line``. Example::

            async with tws.bulletins() as line:
                assert line.stale == ""
        """
        source = StreamSource(
            "", lambda _: news.ReqNewsBulletins(earlier), lambda _: news.CancelNewsBulletins()
        )
        return Bulletins(self._core, self._wait, self._clock, BulletinStream(source))

    async def implied_volatility(
        self,
        wanted: Contract,
        option_price: float,
        under_price: float,
        *,
        timeout: float = DEADLINE_S,
    ) -> options.TickOptionComputation:
        """Return the volatility at which an option has a price, in ``impliedVol``; None where no
        volatility explains it. Example::

            spy = await tws.qualify(pt.Stock("SPY"))
            (chain, *_) = await tws.option_chain(spy, timeout=30)
            strike = chain.strikes[len(chain.strikes) // 2]
            option = pt.Contract(
                symbol="SPY", secType="OPT", exchange="SMART", currency="USD", strike=strike,
                lastTradeDateOrContractMonth=chain.expirations[-1], right="C",
                tradingClass=chain.tradingClass,
            )
            priced = await tws.option_price(option, 0.2, strike)
            back = await tws.implied_volatility(option, priced.optPrice, strike)
            assert abs(back.impliedVol - 0.2) < 0.01
        """

        def make(number: int) -> tuple[Call, options.CalculateImpliedVolatility]:
            request = options.CalculateImpliedVolatility(number, wanted, option_price, under_price)
            return Call("calculateImpliedVolatility", number), request

        ask = self._now().ask("calculateImpliedVolatility", make, timeout)
        found: options.TickOptionComputation = (await self._answer(ask)).result
        return found

    async def option_price(
        self,
        wanted: Contract,
        volatility: float,
        under_price: float,
        *,
        timeout: float = DEADLINE_S,
    ) -> options.TickOptionComputation:
        """Return an option's price (``optPrice``) and greeks at a volatility, 0.2 for 20 %, and a
        price of its underlying."""

        def make(number: int) -> tuple[Call, options.CalculateOptionPrice]:
            request = options.CalculateOptionPrice(number, wanted, volatility, under_price)
            return Call("calculateOptionPrice", number), request

        ask = self._now().ask("calculateOptionPrice", make, timeout)
        found: options.TickOptionComputation = (await self._answer(ask)).result
        return found

    async def market_rule(self, rule: int, *, timeout: float = DEADLINE_S) -> list[PriceIncrement]:
        """Return the increments of a rule (``marketRuleIds`` of contract details): from each
        ``lowEdge`` on a price moves by ``increment``. Example::

            assert (await tws.market_rule(26))[0].increment == 0.01
        """
        make = lambda _: (_MarketRule(rule), reference.ReqMarketRule(rule))  # noqa: E731
        ask = self._now().ask("reqMarketRule", make, timeout, by_id=False)
        found: list[PriceIncrement] = (await self._answer(ask)).result.priceIncrements
        return found

    async def smart_components(
        self, bbo_exchange: str, *, timeout: float = DEADLINE_S
    ) -> list[SmartComponent]:
        """Return what the letters of a consolidated quote stand for; ``bbo_exchange`` is the code
        in ``bboExchange`` of a quote. Example::

            async with tws.quotes(pt.Stock("SPY")) as line:
                quote = await line.next()
                while not quote.bboExchange:
                    quote = await line.next()
            assert (await tws.smart_components(quote.bboExchange))[0].exchange
        """

        def make(number: int) -> tuple[Call, reference.ReqSmartComponents]:
            request = reference.ReqSmartComponents(number, bbo_exchange)
            return Call("reqSmartComponents", number), request

        ask = self._now().ask("reqSmartComponents", make, timeout)
        found: list[SmartComponent] = (await self._answer(ask)).result.smartComponents
        return found

    async def depth_exchanges(
        self, *, timeout: float = DEADLINE_S
    ) -> list[DepthMktDataDescription]:
        """Return the venues that offer depth. Example::

        assert "ARCA" in [venue.exchange for venue in await tws.depth_exchanges()]
        """
        make = lambda _: (Call("reqMktDepthExchanges"), depth.ReqMktDepthExchanges())  # noqa: E731
        ask = self._now().ask("reqMktDepthExchanges", make, timeout, by_id=False)
        answer = (await self._answer(ask)).result
        found: list[DepthMktDataDescription] = answer.depthMktDataDescriptions
        return found

    async def soft_dollar_tiers(self, *, timeout: float = DEADLINE_S) -> list[SoftDollarTier]:
        """Return the soft-dollar tiers of the account. Example::

        assert isinstance(await tws.soft_dollar_tiers(), list)
        """

        def make(number: int) -> tuple[Call, reference.ReqSoftDollarTiers]:
            return Call("reqSoftDollarTiers", number), reference.ReqSoftDollarTiers(number)

        ask = self._now().ask("reqSoftDollarTiers", make, timeout)
        found: list[SoftDollarTier] = (await self._answer(ask)).result.softDollarTiers
        return found

    async def family_codes(self, *, timeout: float = DEADLINE_S) -> list[FamilyCode]:
        """Return the families of the accounts. Example::

        codes = await tws.family_codes()
        assert [code.accountID for code in codes] == list(tws.report.accounts)
        """
        make = lambda _: (Call("reqFamilyCodes"), reference.ReqFamilyCodes())  # noqa: E731
        ask = self._now().ask("reqFamilyCodes", make, timeout, by_id=False)
        found: list[FamilyCode] = (await self._answer(ask)).result.familyCodes
        return found

    async def user_info(self, *, timeout: float = DEADLINE_S) -> str:
        """Return the branding of the login (``whiteBrandingId``), "" for none. Example::

        assert await tws.user_info() == ""
        """

        def make(number: int) -> tuple[Call, reference.ReqUserInfo]:
            return Call("reqUserInfo", number), reference.ReqUserInfo(number)

        answer = await self._answer(self._now().ask("reqUserInfo", make, timeout))
        return str(answer.result.whiteBrandingId)

    async def display_groups(self, *, timeout: float = DEADLINE_S) -> list[int]:
        """Return the numbers of the display groups. Example::

        groups = await tws.display_groups()
        async with tws.display_group(groups[0]) as group:
            assert await group.next() == "none"
            group.show("265598@SMART")
            assert await group.next() == "265598@SMART"
        """

        def make(number: int) -> tuple[Call, display.QueryDisplayGroups]:
            return Call("queryDisplayGroups", number), display.QueryDisplayGroups(number)

        answer = await self._answer(self._now().ask("queryDisplayGroups", make, timeout))
        return [int(one) for one in answer.result.groups.split("|") if one.isdecimal()]

    def display_group(self, number: int) -> DisplayGroup:
        """Subscribe to what a display group shows, and make it show something else."""
        request = lambda asked: display.SubscribeToGroupEvents(asked, number)  # noqa: E731
        source = StreamSource("", request, display.UnsubscribeFromGroupEvents)
        stream = DisplayGroupStream("subscribeToGroupEvents", self._core.request_id(), source)
        return DisplayGroup(self._core, self._wait, self._clock, stream)
