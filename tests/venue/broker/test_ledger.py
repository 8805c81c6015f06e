"""The ledger: average cost with commissions, profit net of both, sums that close exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertape.server.present.views import average_cost
from papertape.venue.broker.ledger import Account, LedgerPosition, booked, pay

SHARE = 10_000
DOLLAR = 1_000_000
CON_ID = 265598


def opened(cash: int) -> Account:
    """A fresh account with its first cash."""
    account = Account("DU1", "USD", {"USD": 0})
    account.receive("USD", cash, cash)
    return account


def book(account: Account, con_id: int, *, size: int, value: int, fee: int) -> int | None:
    """Decide about a fill and write it down, as the venue does."""
    position = account.positions.setdefault(con_id, LedgerPosition())
    after = booked(position, size=size, value=value, fee=fee)
    position.quantity, position.cost = after.position, after.cost
    position.realized += after.realized or 0
    return after.realized


# (signed shares, value in dollars, fee in dollars) -> (realised in micros, quantity, cost)
STORY = [
    ((100, 10_000, 1), (None, 100, 10_001 * DOLLAR)),
    ((100, 11_000, 1), (None, 200, 21_002 * DOLLAR)),
    ((-50, 6_000, 2), (747_500_000, 150, 15_751_500_000)),
    ((-150, 15_000, 3), (-754_500_000, 0, 0)),
    ((-100, 9_000, 1), (None, -100, -8_999 * DOLLAR)),
    ((40, 3_200, 1), (398_600_000, -60, -5_399_400_000)),
    ((100, 8_000, 1), (598_800_000, 40, 3_200_400_000)),
]


def test_story_of_a_position() -> None:
    account = opened(0)
    for (shares, value, fee), (realized, quantity, cost) in STORY:
        got = book(account, CON_ID, size=shares * SHARE, value=value * DOLLAR, fee=fee * DOLLAR)
        position = account.positions[CON_ID]
        assert (got, position.quantity, position.cost) == (realized, quantity * SHARE, cost)


def test_average_cost_of_short_and_flat_positions() -> None:
    assert average_cost(-100 * SHARE, -8_999 * DOLLAR) == 89.99
    assert average_cost(0, 0) == 0.0


def test_a_new_day_starts_from_the_present_books() -> None:
    account = opened(5 * DOLLAR)
    book(account, 1, size=SHARE, value=DOLLAR, fee=0)
    book(account, 1, size=-SHARE, value=2 * DOLLAR, fee=0)
    book(account, 2, size=SHARE, value=DOLLAR, fee=0)
    pay(account, "EUR", 7)
    account.start_day(9, {2: 8})
    assert list(account.positions) == [2]
    assert account.opening_cash == {"USD": 5 * DOLLAR, "EUR": 7}
    assert account.opening_quantity == {2: SHARE}
    assert (account.opening_equity, account.opening_values) == (9, {2: 8})


fills = st.lists(
    st.tuples(
        st.integers(-500, 500).filter(bool),
        st.integers(1, 10**12),
        st.integers(0, 10**7),
    ),
    max_size=30,
)


@pytest.mark.long
@given(fills)
def test_realised_profit_and_cost_account_for_every_cent_paid(
    history: list[tuple[int, int, int]],
) -> None:
    account = opened(0)
    paid = realized = 0
    for shares, value, fee in history:
        side = 1 if shares > 0 else -1
        profit = book(account, CON_ID, size=shares * SHARE, value=value, fee=fee)
        realized += profit or 0
        paid += side * value + fee
    cost = account.positions[CON_ID].cost if history else 0
    assert paid == cost - realized
    quantity = sum(shares for shares, _, _ in history) * SHARE
    assert account.quantity(CON_ID) == quantity
    if quantity == 0:
        assert cost == 0


def test_money_from_outside_is_no_profit_of_the_day() -> None:
    account = opened(0)
    account.start_day(0, {})
    account.receive("EUR", 100 * DOLLAR, 115 * DOLLAR)
    assert account.cash == account.opening_cash == {"USD": 0, "EUR": 100 * DOLLAR}
    assert account.opening_equity == 115 * DOLLAR
