"""The accounts of a data directory while no station runs there.

Commands are decided at the venue's last instant: no time passes, no order trades. Prices and
exchange rates are those of that instant.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..errors import SettingsError
from ..store.journal import Journal
from ..venue.commands import AccountCommand, CorporateCommand, Deposit, SetFeePlan, SetMarginModel
from ..venue.engine import Engine
from ..venue.entries import OLDEST, SCHEMA
from ..venue.units import Nanos
from .account_commands import Wording, amount, opening
from .assembly import JOURNAL, market_facts, open_tape
from .market_settings import MarketSettings
from .persistence import Keeper
from .present.queries import Queries
from .present.views import Views

Overview = dict[str, str | float]


class Books:
    """The accounts of a stopped venue. A change is stored when its method returns.

    Every change raises ``AccountRefused`` with what would be valid, and ``JournalError`` when it
    cannot be stored.
    """

    def __init__(self, engine: Engine, keeper: Keeper) -> None:
        self._engine = engine
        self._keeper = keeper
        self._queries = Queries(engine, Views(engine.instruments, engine.profile))

    def rows(self) -> list[Overview]:
        """Return every account with its main values, in the order of opening."""
        return [self._row(code) for code in self._queries.accounts()]

    def open(
        self, code: str, wishes: dict[str, str | None], positions: Sequence[str] = ()
    ) -> Overview:
        """Open an account; ``wishes`` are the arguments of ``account_commands.opening``, and the
        positions are texts such as ``SPY 100 @ 430``."""
        brought = self._wording.positions(positions)
        return self._carried_out(opening(self._engine.profile, code, positions=brought, **wishes))

    def deposit(self, code: str, sum_of_money: str, currency: str | None) -> Overview:
        """Deposit money, or withdraw it with a negative amount."""
        given = currency or self._base(code)
        return self._carried_out(Deposit(code, given, amount(sum_of_money)))

    def _base(self, code: str) -> str:
        base = self._engine.state.accounts.get(code)
        return base.currency if base is not None else ""

    @property
    def _wording(self) -> Wording:
        return Wording(self._engine.instruments, self._engine.clock)

    def receive(self, code: str, position: str) -> Overview:
        """Bring a position into an account, or take it out."""
        return self._carried_out(self._wording.receive(code, position))

    def transfer(self, code: str, to: str, what: str, currency: str | None) -> Overview:
        """Move cash or a position to another account."""
        given = currency or self._base(code)
        return self._carried_out(self._wording.transfer(code, to, what, given))

    def convert(self, code: str, sold: str, currency: str, into: str) -> Overview:
        """Convert cash into another currency."""
        return self._carried_out(self._wording.convert(code, sold, currency, into))

    def choose_margin(self, code: str, model: str) -> Overview:
        """Set the margin model of an account."""
        return self._carried_out(SetMarginModel(code, model))

    def choose_fees(self, code: str, plan: str) -> Overview:
        """Set the fee plan of an account."""
        return self._carried_out(SetFeePlan(code, plan))

    def dividend(self, share: str, sum_of_money: str, account: str | None) -> list[Overview]:
        """Pay a dividend, and return all accounts, as each of the following does."""
        return self._acted(self._wording.dividend(share, sum_of_money, account or ""))

    def split(self, share: str, ratio: str) -> list[Overview]:
        """Split a share."""
        return self._acted(self._wording.split(share, ratio))

    def merger(self, share: str, terms: str) -> list[Overview]:
        """End a share that another company takes over."""
        return self._acted(self._wording.merger(share, terms))

    def spin_off(self, share: str, terms: str, part: str) -> list[Overview]:
        """Give other shares besides a share."""
        return self._acted(self._wording.spin_off(share, terms, part))

    def renaming(self, share: str, symbol: str) -> list[Overview]:
        """Give a share another symbol."""
        return self._acted(self._wording.renaming(share, symbol))

    def _acted(self, command: CorporateCommand) -> list[Overview]:
        self._store(command)
        return self.rows()

    def _carried_out(self, command: AccountCommand) -> Overview:
        self._store(command)
        return self._row(command.account)

    def _store(self, command: AccountCommand | CorporateCommand) -> None:
        self._engine.submit(command, self._engine.clock)
        self._keeper.commit(self._engine)

    def _row(self, code: str) -> Overview:
        return self._queries.overview(code, self._engine.clock)


@contextmanager
def open_books(data_dir: Path, market: MarketSettings, wall: Nanos) -> Iterator[Books]:
    """Open the books of a directory for a ``with`` block; no station can start there meanwhile.

    ``market`` is the station's market. Raises ``SettingsError`` when nothing is stored there, and
    ``JournalError`` when the journal cannot be read or a station runs there.
    """
    path = data_dir / JOURNAL
    if not path.is_file():
        raise SettingsError(
            "nothing is kept here",
            setting="data_dir",
            found=str(data_dir),
            advice="Name the directory of a station; papertape serve --account DU1,DU2 makes one",
        )
    with Journal.open(path, schema_version=SCHEMA, oldest=OLDEST) as journal:
        keeper = Keeper(journal)
        engine = Engine(open_tape(market.folder, market_facts(keeper, market, wall)))
        keeper.recover(engine)
        yield Books(engine, keeper)
