"""``papertape account``: on a station that runs, and on the journal of one that does not."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from cli.process import holding, papertape, station
from papertape.store.journal import Journal
from papertape.venue.entries import OLDEST, SCHEMA

KEPT = ("--data-dir", "kept")


def listed(cwd: Path, *words: object, **variables: str) -> list[dict[str, Any]]:
    done = papertape("account", "ls", "--json", *words, cwd=cwd, **variables)
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def shortly(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    names = ("account", "currency", "cash", "margin_model", "fee_plan")
    return [tuple(row[name] for name in names) for row in rows]


FIRST = ("DU1234567", "USD", 1_000_000.0, "portfolio", "fixed")


@pytest.mark.long
def test_the_help_teaches(tmp_path: Path) -> None:
    top = papertape("account", "--help", cwd=tmp_path).stdout
    for word in ("ls", "add", "deposit", "margin", "fees", "--data-dir", "account deposit DU2"):
        assert word in top
    assert "portfolio or reg_t" in papertape("account", "add", "--help", cwd=tmp_path).stdout
    assert "-1000 withdraws" in papertape("account", "deposit", "--help", cwd=tmp_path).stdout
    assert "account" in papertape("--help", cwd=tmp_path).stdout


@pytest.mark.network
@pytest.mark.process
def test_a_running_station_takes_accounts_and_has_them_after_kill_9(tmp_path: Path) -> None:
    here = {"XDG_RUNTIME_DIR": str(tmp_path)}
    with station(tmp_path, *KEPT, **here) as running:

        def account(*words: object, code: int = 0) -> str:
            done = papertape("account", *words, cwd=tmp_path, code=code, **here)
            return done.stderr if code else done.stdout

        with holding(running.port, 1):
            told = account("add", "DU2", "--currency", "eur", "--cash", "50000", "--fees", "none")
            assert told == (
                "opened DU2: cash 50,000.00 EUR, net liquidation 50,000.00, margin portfolio,"
                " fees none\n"
            )
            assert "cash 49,749.50 EUR" in account("deposit", "DU2", "-250.50")
            assert "cash 49,864.50 EUR" in account("deposit", "DU2", "115", "EUR")
            assert "margin reg_t" in account("margin", "DU2", "reg_t", "--port", running.port)
            assert "fees fixed" in account("fees", "DU2", "fixed")
            table = account("ls")
            assert "DU1234567" in table and "49,864.50" in table and "reg_t" in table
            assert "the account DU2 exists already" in account("add", "DU2", code=2)
            assert "there are: DU1234567, DU2" in account("deposit", "DU9", "1", code=2)
            assert "such as 50000 or -250.50" in account("deposit", "DU2", "much", code=2)
            assert "a station runs there" in account("ls", *KEPT, code=2)
            wrong = account("ls", *KEPT, "--port", running.port, code=2)
            assert "--port is for a running station" in wrong
        running.stop(signal.SIGKILL)
    expected = [FIRST, ("DU2", "EUR", 49_864.5, "reg_t", "fixed")]
    assert shortly(listed(tmp_path, *KEPT)) == expected
    with station(tmp_path, *KEPT, **here) as again:
        assert again.told[1].startswith("  account   DU1234567, DU2, paper, as they were opened")
        assert shortly(listed(tmp_path, **here)) == expected


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A directory whose station has ended."""
    with station(tmp_path, *KEPT) as running:
        assert running.stop()[0] == 0
    return tmp_path


@pytest.mark.network
@pytest.mark.process
def test_accounts_come_into_the_journal_of_a_station_that_does_not_run(kept: Path) -> None:
    def account(*words: object, code: int = 0) -> str:
        done = papertape("account", *words, *KEPT, cwd=kept, code=code)
        return done.stderr if code else done.stdout

    assert "opened DU2: cash 1,000,000.00 USD" in account("add", "DU2", "--margin", "reg_t")
    assert "cash 5.00 GBP" in account("add", "DU3", "--currency", "GBP", "--cash", "5")
    assert "cash 0.00 GBP" in account("deposit", "DU3", "-5")
    assert "fees none" in account("fees", "DU3", "none")
    assert "margin reg_t" in account("margin", "DU3", "reg_t")
    assert "cash 1.33 USD" in account("add", "DU5", "--cash", "1.33", "--position", "IBM 3 @ 99.5")
    assert "cash 1.33 USD" in account("convert", "DU5", "1.33", "usd", "gbp")
    assert "booked DU5" in account("transfer", "DU5", "DU2", "IBM 2")
    assert "booked DU5" in account("position", "DU5", "IBM -1")
    assert "holds 0 of IBM" in account("transfer", "DU5", "DU2", "IBM 2", code=2)
    assert "0.00 GBP to withdraw" in account("deposit", "DU3", "-1", code=2)
    assert "there are: portfolio, reg_t" in account("margin", "DU3", "x", code=2)
    assert "there are: fixed, tiered, none" in account("add", "DU4", "--fees", "x", code=2)
    assert "there are: AUD" in account("add", "DU4", "--currency", "XAU", code=2)
    assert "no account 'DU4'" in account("deposit", "DU4", "1", code=2)
    expected = [
        FIRST,
        ("DU2", "USD", 1_000_000.0, "reg_t", "fixed"),
        ("DU3", "GBP", 0.0, "reg_t", "none"),
        ("DU5", "USD", 1.33, "portfolio", "fixed"),
    ]
    assert shortly(listed(kept, *KEPT)) == expected
    with station(kept, *KEPT) as running, holding(running.port, 1):
        pass


@pytest.mark.process
def test_serve_opens_the_accounts_that_are_missing_and_keeps_those_there_are(kept: Path) -> None:
    papertape("account", "deposit", "DU1234567", "-400000", *KEPT, cwd=kept)
    with station(kept, *KEPT, "--account", "DU1234567,DU5") as running:
        assert running.told[1] == "  account   DU1234567, DU5, paper, USD 1,000,000 each at first"
        running.stop()
    rows = [("DU1234567", 600_000.0), ("DU5", 1_000_000.0)]
    assert [(row["account"], row["cash"]) for row in listed(kept, *KEPT)] == rows
    with station(kept, *KEPT, "--account", "DU5") as running:
        running.stop()
    assert [(row["account"], row["cash"]) for row in listed(kept, *KEPT)] == rows


@pytest.mark.process
def test_the_default_account_does_not_come_to_those_that_were_chosen(tmp_path: Path) -> None:
    for words in (("--account", "DU7"), ()):
        with station(tmp_path, *KEPT, *words) as running:
            running.stop()
        assert [row["account"] for row in listed(tmp_path, *KEPT)] == ["DU7"]


@pytest.mark.process
def test_too_many_accounts_on_kept_data_are_a_clear_error(kept: Path) -> None:
    many = ",".join(f"DU{number}" for number in range(50))
    done = papertape("serve", "--port", 0, *KEPT, "--account", many, cwd=kept, code=2)
    assert "account" in done.stderr and "there are 50 accounts" in done.stderr


def test_where_nothing_is_kept_nothing_is_made(tmp_path: Path) -> None:
    done = papertape("account", "add", "DU2", "--data-dir", "nowhere", cwd=tmp_path, code=2)
    assert "nothing is kept here" in done.stderr and "serve --account" in done.stderr
    assert not (tmp_path / "nowhere").exists()


def test_without_a_station_it_says_so(tmp_path: Path) -> None:
    variables = {"XDG_RUNTIME_DIR": str(tmp_path)}
    done = papertape("account", "ls", cwd=tmp_path, code=2, **variables)
    assert "no station is found" in done.stderr and "--data-dir" in done.stderr


@pytest.mark.long
def test_a_journal_that_ended_before_its_first_account_has_none(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.sqlite", schema_version=SCHEMA, oldest=OLDEST):
        pass
    here = ("--data-dir", tmp_path)
    assert papertape("account", "ls", *here, cwd=tmp_path).stdout == "accounts: none\n"
    told = papertape("account", "deposit", "DU1", "5", *here, cwd=tmp_path, code=2).stderr
    assert "there are: none" in told
    assert "opened DU1" in papertape("account", "add", "DU1", *here, cwd=tmp_path).stdout
