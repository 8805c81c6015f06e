"""Requests to exercise options or to let them lapse: orders that are carried out at the cut-off."""

from typing import Final

import msgspec

from ..broker import lifecycle
from ..broker.account_manager import day_begun
from ..broker.contract_ends import EXERCISE, LAPSE, ContractEnds
from ..broker.parts import CANCELLED
from ..commands import SubmitExercise
from ..facts import OrderEnded, OrderPlaced, OrderWarned, Terms
from ..reference.exchanges import SMART
from ..reference.instruments import Instruments, Purpose, Refusal
from ..reference.securities import OptionContract
from ..reference.times import EASTERN
from ..units import SIZE_SCALE, Nanos, SizeUnits
from . import order_ids
from .api_orders import Decision, Refused
from .api_state import ApiState

MOST_CONTRACTS: Final = 10**9
PRESET: Final = Refusal(10349, {"tif": "DAY"})
"""The notice before the first pair, as captured."""
OUT_OF_THE_MONEY: Final = Refusal(322, {}, "out_of_the_money")
REJECTED: Final = Refusal(
    322, {"text": "Exercise/Lapse failed due to server rejection."}, "exercise"
)

_text = msgspec.json.Encoder().encode


class Exercises:
    """Decides ``SubmitExercise``."""

    def __init__(self, state: ApiState, instruments: Instruments, ends: ContractEnds) -> None:
        self._state = state
        self._instruments = instruments
        self._ends = ends

    def submit(self, command: SubmitExercise, now: Nanos) -> Decision:
        """Place the order that exercises an option at the next cut-off, or lets it lapse at its
        last one.

        Refused by the broker, which cancels the order: one for more than the account holds and has
        not asked for already, a European option before its last day, one that lets an option in the
        money lapse without ``override``, one after the cut-off of the last day.
        """
        client_id, order_id = command.clientId, command.orderId
        terms = self._terms(command, now)
        if isinstance(terms, Refusal):
            yield Refused(client_id, order_id, terms)
            return
        entry = self._instruments[terms.conId]
        assert isinstance(entry, OptionContract)
        exercises = terms.exercise == EXERCISE
        natural = self._ends.in_the_money(entry)
        if exercises and not natural and not command.override:
            yield Refused(client_id, order_id, OUT_OF_THE_MONEY)
            return
        if self._state.day_end == 0:
            yield day_begun(now)
        last = self._ends.due(terms.conId)
        expires = self._ends.next_cutoff(terms.conId, now) if exercises else last
        early = exercises and not entry.american and EASTERN.day(now) < entry.expires
        against = not exercises and natural and not command.override
        denied = early or against or now >= last or terms.quantity > self._free(terms)
        perm_id, status = self._state.next_perm_id, lifecycle.PRE_SUBMITTED
        yield OrderWarned(client_id, order_id, PRESET)
        yield OrderPlaced(perm_id, client_id, order_id, terms, status, "", max(expires, now))
        if denied:
            yield OrderWarned(client_id, order_id, REJECTED)
            yield OrderEnded(perm_id, lifecycle.CANCELLED, True, CANCELLED)

    def _free(self, terms: Terms) -> SizeUnits:
        """Return how much the account holds that no other request is about."""
        asked = sum(
            order.remaining
            for order in self._state.orders.values()
            if order.terms.exercise
            and (order.terms.account, order.terms.conId) == (terms.account, terms.conId)
        )
        return self._state.accounts[terms.account].quantity(terms.conId) - asked

    def _terms(self, command: SubmitExercise, now: Nanos) -> Terms | Refusal:
        """Return the terms of the order, or why there can be none."""
        client_id, order_id = command.clientId, command.orderId
        if order_id <= 0:
            return Refusal(10149, {"orderId": str(order_id)})
        if order_ids.lives(self._state, client_id, order_id):
            return Refusal(103)
        listing = self._instruments.resolve(command.contract, Purpose.ORDER, now)
        if isinstance(listing, Refusal):
            return listing
        entry = listing.instrument
        if not isinstance(entry, OptionContract):
            return _invalid("Only options can be exercised")
        if command.action not in (EXERCISE, LAPSE):
            return _invalid(f"The exercise action {command.action} is neither 1 nor 2")
        if not 0 < command.quantity <= MOST_CONTRACTS:
            return Refusal(434)
        known = tuple(self._state.accounts)
        account = command.account or (known[0] if len(known) == 1 else "")
        if not account:
            return Refusal(321, {}, "no_account")
        if account not in known:
            return _invalid("Invalid account code")
        order = command.order
        return Terms(
            account, entry.conId, SMART if SMART in entry.exchanges else listing.exchange, 1,
            command.quantity * SIZE_SCALE, "LMT", None, None, 0, "DAY", False, "", "",
            order.submitter, _text(order).decode(), exercise=command.action,
        )  # fmt: skip


def _invalid(cause: str) -> Refusal:
    return Refusal(321, {"cause": cause})
