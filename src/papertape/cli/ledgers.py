"""Where the accounts of a station are for a command: in the station that runs, behind its control
API, or with ``--data-dir`` in the journal of a stopped one.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from inspect import Signature, signature
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec, Protocol
from urllib.parse import quote

import typer

from ..errors import JournalError, SettingsError
from .control import Port, told
from .remote import ControlClient

DataDir = Annotated[
    Path | None,
    typer.Option(help="Data directory of a stopped station, instead of a running one."),
]
Config = Annotated[
    Path | None,
    typer.Option(help="With --data-dir: settings file of the station, for its market."),
]
Row = dict[str, Any]
Given = ParamSpec("Given")


class Ledgers(Protocol):
    """The accounts of a station, running or stopped."""

    def rows(self) -> list[Row]:
        """All accounts."""

    def open(self, code: str, wishes: dict[str, str | None], positions: Sequence[str]) -> Row:
        """Open an account; None leaves a value to the station."""

    def receive(self, code: str, position: str) -> Row:
        """Bring a position in, or take it out."""

    def transfer(self, code: str, to: str, what: str, currency: str | None) -> Row:
        """Move cash or a position to another account."""

    def convert(self, code: str, sold: str, currency: str, into: str) -> Row:
        """Convert cash into another currency."""

    def deposit(self, code: str, amount: str, currency: str | None) -> Row:
        """Deposit or withdraw cash."""

    def choose_margin(self, code: str, model: str) -> Row:
        """Change the margin model."""

    def choose_fees(self, code: str, plan: str) -> Row:
        """Change the fee plan."""

    def dividend(self, share: str, amount: str, account: str | None) -> list[Row]:
        """Pay a dividend, and return all accounts."""

    def split(self, share: str, ratio: str) -> list[Row]:
        """Split a share."""

    def merger(self, share: str, terms: str) -> list[Row]:
        """End a share."""

    def spin_off(self, share: str, terms: str, part: str) -> list[Row]:
        """Give other shares besides a share."""

    def renaming(self, share: str, symbol: str) -> list[Row]:
        """Give a share another symbol."""


def on_ledgers(command: Callable[Concatenate[Ledgers, Given], None]) -> Callable[..., None]:
    """Give a command the options that say which station's accounts it is for, after its own; it
    takes the accounts as its first argument. A failure is reported as ``told`` does."""

    def placed(
        *args: Any, port: Port = None, data_dir: DataDir = None, config: Config = None, **own: Any
    ) -> None:
        with ledgers_of(port, data_dir, config) as ledgers:
            command(ledgers, *args, **own)

    asked = list(signature(command).parameters.values())[1:]
    shared = [one for one in signature(placed).parameters.values() if one.kind is one.KEYWORD_ONLY]
    made = told(wraps(command)(placed))
    vars(made)["__signature__"] = Signature([*asked, *shared])
    made.__annotations__ = {one.name: one.annotation for one in (*asked, *shared)}
    return made


def ledgers_of(
    port: int | None, data_dir: Path | None, config: Path | None
) -> AbstractContextManager[Ledgers]:
    if data_dir is None:
        return _running(port)
    if port is not None:
        raise SettingsError(
            "says another place than --data-dir",
            setting="port",
            found=port,
            advice="--port is for a running station, --data-dir for a stopped one",
        )
    return _resting(data_dir, config)


class Running:
    """The accounts of a running station."""

    def __init__(self, remote: ControlClient) -> None:
        self._remote = remote

    def rows(self) -> list[Row]:
        """All accounts."""
        return [dict(row) for row in self._remote.get("/accounts")]

    def open(self, code: str, wishes: dict[str, str | None], positions: Sequence[str]) -> Row:
        """Open an account."""
        body = {"account": code, **wishes, "positions": list(positions)}
        return dict(self._remote.post("/accounts", body))

    def receive(self, code: str, position: str) -> Row:
        """Bring a position in, or take it out."""
        return dict(self._remote.post(f"{_path(code)}/positions", {"position": position}))

    def transfer(self, code: str, to: str, what: str, currency: str | None) -> Row:
        """Move cash or a position to another account."""
        body = {"to": to, "what": what, "currency": currency}
        return dict(self._remote.post(f"{_path(code)}/transfers", body))

    def convert(self, code: str, sold: str, currency: str, into: str) -> Row:
        """Convert cash into another currency."""
        body = {"amount": sold, "currency": currency, "into": into}
        return dict(self._remote.post(f"{_path(code)}/conversions", body))

    def deposit(self, code: str, amount: str, currency: str | None) -> Row:
        """Deposit or withdraw cash."""
        body = {"amount": amount, "currency": currency}
        return dict(self._remote.post(f"{_path(code)}/deposits", body))

    def choose_margin(self, code: str, model: str) -> Row:
        """Change the margin model."""
        return dict(self._remote.put(f"{_path(code)}/margin-model", {"model": model}))

    def choose_fees(self, code: str, plan: str) -> Row:
        """Change the fee plan."""
        return dict(self._remote.put(f"{_path(code)}/fee-plan", {"plan": plan}))

    def dividend(self, share: str, amount: str, account: str | None) -> list[Row]:
        """Pay a dividend."""
        return self._rows("/dividends", share=share, amount=amount, account=account)

    def split(self, share: str, ratio: str) -> list[Row]:
        """Split a share."""
        return self._rows("/splits", share=share, ratio=ratio)

    def merger(self, share: str, terms: str) -> list[Row]:
        """End a share."""
        return self._rows("/mergers", share=share, terms=terms)

    def spin_off(self, share: str, terms: str, part: str) -> list[Row]:
        """Give other shares besides a share."""
        return self._rows("/spin-offs", share=share, terms=terms, cost=part)

    def renaming(self, share: str, symbol: str) -> list[Row]:
        """Give a share another symbol."""
        return self._rows("/symbol-changes", share=share, symbol=symbol)

    def _rows(self, path: str, **body: str | None) -> list[Row]:
        return [dict(row) for row in self._remote.post(path, body)]


def _path(code: str) -> str:
    return f"/accounts/{quote(code, safe='')}"


@contextmanager
def _running(port: int | None) -> Iterator[Ledgers]:
    try:
        remote = ControlClient(port)
    except SettingsError as error:
        if port is not None or error.setting != "port":
            raise
        advice = f"{error.advice}; --data-dir names the directory of one that does not run"
        raise SettingsError(error.reason, setting="port", advice=advice) from error
    yield Running(remote)


@contextmanager
def _resting(data_dir: Path, config: Path | None) -> Iterator[Ledgers]:
    from ..server.books import open_books
    from ..venue.broker.accounts_refused import AccountRefused
    from .settings import load

    market = load(config, {}).chosen_market()
    try:
        with open_books(data_dir, market, time.time_ns()) as books:
            yield books
    except AccountRefused as refused:
        raise SettingsError(str(refused)) from refused
    except JournalError as error:
        if error.pid is None:
            raise
        raise SettingsError(
            f"a station runs there (process {error.pid})",
            setting="data_dir",
            found=str(data_dir),
            advice="Omit --data-dir: the command then uses the running station",
        ) from error


def written(value: Any) -> str:
    """A value of a row as a command prints it."""
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
