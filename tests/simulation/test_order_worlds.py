"""Seeded worlds of several clients with orders of every kind, faults and restarts.

``make test`` plays 300 worlds, ``make proof QUICK=1`` the 100 behind them, ``make proof`` 5,000;
``make sim SEED=… STEPS=…`` repeats one and tells each step.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import pytest

from lanes import many
from papertape.venue.broker.algo_terms import PARAMETERS
from papertape.venue.broker.holds import Holds
from papertape.venue.broker.relatives import Relatives
from papertape.venue.facts import (
    CashBooked,
    InterestAccrued,
    OrderFilled,
    OrderPlaced,
    OrderReplaced,
    PositionAdjusted,
    PositionMoved,
)
from papertape.venue.fold.executions import ExecutionFold
from papertape.venue.special import Held
from simulation.order_kinds import ALL_KINDS
from simulation.order_worlds import OrderWorld, main, play

WORLDS = many(test=300, quick=400, proof=5_000)
FIRST = many(test=1, quick=301, proof=1)
"""``quick`` goes on where ``test`` ends."""
AT_ONCE = 50
PARTS = range(FIRST, WORLDS + 1, AT_ONCE)


class Played(NamedTuple):
    """What some worlds had in them."""

    counts: Counter[str]
    kinds: Counter[str]
    """Order types that were accepted."""
    terms: Counter[str]
    money: Counter[str]


@cache
def played(first: int) -> Played:
    """Play the worlds with the seeds from ``first`` on, once for all tests of a process."""
    found = Played(Counter(), Counter(), Counter(), Counter())
    for seed in range(first, first + AT_ONCE):
        world = play(seed)
        found.counts.update(world.counts)
        for fact in (fact for entry in world.journal for fact in entry.facts):
            found.money.update(_money(fact, world))
            if isinstance(fact, OrderPlaced | OrderReplaced):
                special = fact.terms.extras
                found.kinds[fact.terms.orderType] += 1
                found.terms[fact.terms.tif] += 1
                found.terms.update(
                    name for name in special.__struct_fields__ if getattr(special, name)
                )
                if special.algo is not None:
                    found.terms[special.algo.name] += 1
    return found


@pytest.mark.proof
@pytest.mark.parametrize("first", PARTS)
def test_worlds_keep_every_invariant(first: int) -> None:
    counts = played(first).counts
    assert counts["fills"] > 3 * AT_ONCE and counts["restarts"] > AT_ONCE
    assert counts["asked"] > 20 * AT_ONCE, "hardly any orders"
    assert counts["refused"] < counts["asked"] / 2, "most orders were refused"


@pytest.mark.long
def test_a_few_worlds_keep_every_invariant() -> None:
    """The same in the lane that leaves searches out."""
    for seed in range(90_001, 90_011):
        play(seed)


@pytest.mark.repeats
def test_every_kind_of_order_is_drawn_and_accepted() -> None:
    kinds: Counter[str] = Counter()
    terms: Counter[str] = Counter()
    money: Counter[str] = Counter()
    for first in PARTS[: 300 // AT_ONCE]:
        found = played(first)
        kinds.update(found.kinds)
        terms.update(found.terms)
        money.update(found.money)
    names = {"STPLMT": "STP LMT", "TRAILLMT": "TRAIL LIMIT", "PEG PRIM": "REL", "PEGMID": "PEG MID",
             "PEGBENCH": "PEG BENCH", "PEGBEST": "PEG BEST"}  # fmt: skip
    lacking = [kind for kind in ALL_KINDS if not kinds[names.get(kind, kind)]]
    assert not lacking, f"never accepted: {lacking}"
    wanted = [
        "DAY", "GTC", "IOC", "FOK", "GTD", "Minutes", "OPG", "parent", "oca", "begins", "auction",
        "trail", "peg", "least", "discretion", "conditions", "cancels", "adjustment",
        "cancelsParent", "passive", "algo", "components", "hedge", "combo", "inactive", *PARAMETERS,
    ]  # fmt: skip
    assert not [name for name in wanted if not terms[name]]
    assert not [name for name in MONEY if not money[name]], money


MONEY = (
    "STK", "OPT", "FUT", "CASH", "BOND", "FUND", "WAR", "CFD", "CRYPTO", "charged USD",
    "charged EUR", "accrued", "coupon", "dividend", "lieu", "split", "matured", "settled",
)  # fmt: skip
"""What must have been traded, paid in another currency, and come by itself, in some world."""


def _money(fact: object, world: OrderWorld) -> Iterator[str]:
    """What a fact has done that the books must have in them."""
    if isinstance(fact, OrderFilled):
        if (order := world.terms.get(fact.permId)) is not None:
            yield world.engine.instruments[order].secType
        if fact.charged is not None:
            yield f"charged {fact.charged[0]}"
    elif isinstance(fact, InterestAccrued):
        yield "accrued"
    elif isinstance(fact, CashBooked | PositionMoved | PositionAdjusted):
        yield fact.cause


@pytest.mark.long
def test_a_seed_repeats_its_world() -> None:
    told: list[list[str]] = [[], []]
    worlds = [play(7, 60, tell=each.append) for each in told]
    assert told[0] == told[1] and len(told[0]) > 60
    assert worlds[0].engine.state_hash() == worlds[1].engine.state_hash()
    assert worlds[0].journal == worlds[1].journal


def test_one_world_is_told_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    main(["7", "20"])
    out = capsys.readouterr().out
    assert "OrderPlaced(" in out and "world 7: everything holds after 20 steps" in out
    main(["WORLDS", "1", "2", "10"])
    assert "2 worlds of 10 steps" in capsys.readouterr().out


# -- the proof proves something -------------------------------------------------------------------


def fails(worlds: int = 60) -> str:
    """The first failure of a few worlds."""
    for seed in range(1, worlds):
        try:
            play(seed)
        except AssertionError as error:
            return str(error)
    return ""


def test_a_group_that_is_not_cancelled_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Relatives, "_yield_to", lambda *_: iter(()))
    assert "group" in fails()


@pytest.mark.long
def test_a_child_that_works_early_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Holds.reasons

    def reasons(self, terms, parent, now):  # type: ignore[no-untyped-def]
        return whole(self, terms, parent, now) & ~Held.CHILD

    monkeypatch.setattr(Holds, "reasons", reasons)
    found = fails()
    assert "works before it" in found and "make sim SEED=" in found


def test_cash_that_is_a_micro_unit_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ExecutionFold._filled

    def filled(self, fact, now):  # type: ignore[no-untyped-def]
        order = whole(self, fact, now)
        if not fact.given:
            self.state.accounts[order.terms.account].cash["USD"] += 1
        return order

    monkeypatch.setattr(ExecutionFold, "_filled", filled)
    assert "fills say" in fails()


def test_an_id_that_goes_back_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    world = OrderWorld(3)
    world.step()
    world.engine.state.next_execution -= 1
    with pytest.raises(AssertionError, match="ids went back"):
        world._proven([], {})
