"""Every world of examples/worlds and of the guide: it can be read, checked and played; a program
that does what its ``#>`` lines say passes, and one that does nothing does not."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from papertape.errors import WorldError
from papertape.model import Contract, Order
from papertape.server.market_settings import MarketSettings
from papertape.server.settings import StationSettings
from papertape.server.worlds.founding import check_world, founded
from papertape.venue.broker.profile import Profile
from papertape.venue.market.laid import WorldTape
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import SECOND
from papertape.wire.catalogue.contract import ReqContractDetails
from papertape.wire.catalogue.market import ReqMktData
from papertape.wire.catalogue.orders import PlaceOrder, ReqOpenOrders
from papertape.wire.catalogue.session import ReqCurrentTime
from papertape.worlds.reading import read_world
from papertape.worlds.verbs import VERBS
from papertape.worlds.words import span_of
from server.market import WrittenMarket
from server.pair import Client, Hall
from walks import walk

ROOT = Path(__file__).parents[2]
WORLDS = sorted((ROOT / "examples/worlds").glob("*.world"))
GUIDE = ROOT / "docs/guides/worlds.md"
PAGES = sorted((ROOT / "docs/drills").glob("*.md"))
ISSUE = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+/issues/\d+")
ACTION = re.compile(r"^#> \+(\S+)\s+(.*)$", re.MULTILINE)


class ReferenceProgram:
    """Does what the ``#>`` lines of a world say."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.client: Client = hall.client(1)
        self.ids = 0

    def do(self, line: str) -> None:
        verb, *words = line.split()
        self.ids += 1
        if verb == "connect":
            number = int(words[0]) if words else 1
            self.client = Client(self.hall, number, 226, "test:9").start()
        elif verb == "line":
            self.client.send(ReqMktData(self.ids, stock(words[0])))
        elif verb == "details":
            self.client.send(ReqContractDetails(self.ids, stock(words[0])))
        elif verb == "time":
            self.client.send(ReqCurrentTime())
        elif verb == "orders":
            self.client.send(ReqOpenOrders())
        else:
            size, symbol, kind, price, *more = words
            order = Order(
                action=verb, totalQuantity=Decimal(size), orderType=kind, tif="DAY",
                account=next(iter(self.hall.station.venue.state.accounts)),
            )  # fmt: skip
            setattr(order, "auxPrice" if kind == "STP" else "lmtPrice", float(price))
            if more:
                order.orderRef = more[1]
            self.client.send(PlaceOrder(self.ids, stock(symbol), order))


def stock(symbol: str) -> Contract:
    exchange = "NYSE" if symbol == "GMEX" else "SMART"
    return Contract(symbol=symbol, secType="STK", exchange=exchange, currency="USD")


def station(text: str) -> Hall:
    """A station that a world has founded, but for its time."""
    market, _ = founded(read_world(text), MarketSettings(), Profile(), "US/Eastern")
    return Hall(
        market=WorldTape(WrittenMarket()),
        settings=StationSettings(max_message_rate=0, restart_down_s=1),
        instruments=CATALOGUE.extended(market.contracts),
    )


def played(text: str, *, acts: bool = True) -> list[str]:
    """What fails of a world with its program, or with one that does nothing."""
    hall = station(text)
    hall.station.taps.record(hall.station.world.seen)
    program = ReferenceProgram(hall)
    hall.station.world.load(read_world(text), founded=True)
    hall.wait(1e-9)
    began = hall.now
    for moment, line in ACTION.findall(text) if acts else ():
        after = span_of(moment)
        assert after is not None, moment
        hall.wait((began + after - hall.now) / SECOND)
        program.do(line)
    hall.wait(150)
    return [str(one) for one in hall.station.world.finish() if not one.passed]


@pytest.mark.long
@walk("path", WORLDS, ids=lambda path: path.stem, check=5)
def test_an_example_holds_for_its_program_and_for_no_other(path: Path) -> None:
    text = path.read_text("utf-8")
    assert ISSUE.search(text), "an example cites a public report"
    assert check_world(read_world(text)) == []
    assert played(text) == []
    assert played(text, acts=False), "a program that does nothing passes"


def test_twenty_public_reports_can_be_cited() -> None:
    cited = {issue for path in WORLDS for issue in ISSUE.findall(path.read_text("utf-8"))}
    assert len(cited) >= 20


@pytest.mark.long
@walk("page", [page for page in PAGES if page.stem != "README"], ids=lambda page: page.stem)
def test_every_drill_has_a_world_that_starts_it(page: Path) -> None:
    (name,) = re.findall(r"examples/worlds/([\w-]+\.world)\)", page.read_text("utf-8"))
    text = (ROOT / "examples/worlds" / name).read_text("utf-8")
    hall = station(text)
    program = ReferenceProgram(hall)
    hall.station.world.load(read_world(text), founded=True)
    for moment, line in ACTION.findall(text)[:1]:
        hall.wait((span_of(moment) or 0) / SECOND)
        program.do(line)
    hall.wait(30)
    assert page.stem in {run.name for run in hall.station.drills.history()}


BLOCKS = re.findall(r"```world\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
REFUSED = re.findall(r"```wrong\n(.*?)\n(line .*?)```", GUIDE.read_text("utf-8"), re.DOTALL)


@pytest.mark.long
@walk("text", BLOCKS)
def test_a_block_of_the_guide_can_be_played(text: str) -> None:
    assert check_world(read_world(text)) == []
    hall = station(text)
    hall.station.world.load(read_world(text), founded=True)
    hall.wait(1)


def test_the_guide_has_every_verb_and_an_example_of_each() -> None:
    text = GUIDE.read_text("utf-8")
    said = "\n".join(BLOCKS)
    for name in VERBS:
        assert f"`{name}" in text, name
        if name != "on every":
            assert re.search(rf"\b{name}\b", said), f"no example has {name}"


@walk(("text", "told"), REFUSED)
def test_an_error_of_the_guide_is_what_is_told(text: str, told: str) -> None:
    try:
        problems = [str(one) for one in check_world(read_world(text))]
    except WorldError as error:
        problems = [str(error)]
    assert problems[0].startswith(told.strip().removesuffix("…"))
