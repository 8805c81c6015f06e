"""The states of an order and the transitions between them, with a check.

Latency inside the venue is zero, so PendingCancel is only transient. ApiPending, PendingSubmit and
ApiCancelled belong to a TWS that waits for its back-end; they never occur here.
"""

NEW = ""
PRE_SUBMITTED = "PreSubmitted"
SUBMITTED = "Submitted"
PENDING_CANCEL = "PendingCancel"
CANCELLED = "Cancelled"
FILLED = "Filled"
INACTIVE = "Inactive"

TRANSITIONS: dict[str, tuple[str, ...]] = {
    NEW: (PRE_SUBMITTED, SUBMITTED, PENDING_CANCEL, INACTIVE),
    PRE_SUBMITTED: (PRE_SUBMITTED, SUBMITTED, FILLED, PENDING_CANCEL, CANCELLED, INACTIVE),
    # When its exchange closes, a resting order returns to the waiting state.
    SUBMITTED: (SUBMITTED, PRE_SUBMITTED, FILLED, PENDING_CANCEL, CANCELLED),
    PENDING_CANCEL: (CANCELLED, FILLED),
    CANCELLED: (),
    FILLED: (),
    INACTIVE: (),
}

WORKING = (PRE_SUBMITTED, SUBMITTED)
TERMINAL = tuple(state for state, following in TRANSITIONS.items() if not following)


def moved(old: str, new: str) -> str:
    """Return the new status. Raises ``AssertionError`` when the table forbids the transition."""
    assert new in TRANSITIONS[old], f"order status may not go from {old!r} to {new!r}"
    return new
