"""The states of an order and the transitions between them, with a check.

A cancellation takes no time, so PendingCancel is only transient. PendingSubmit is an order on its
way to the broker, where that takes time; ApiCancelled one that was cancelled on the way.
ApiPending belongs to a TWS that waits for its user; it never occurs here.
"""

NEW = ""
PENDING_SUBMIT = "PendingSubmit"
PRE_SUBMITTED = "PreSubmitted"
SUBMITTED = "Submitted"
PENDING_CANCEL = "PendingCancel"
CANCELLED = "Cancelled"
API_CANCELLED = "ApiCancelled"
FILLED = "Filled"
INACTIVE = "Inactive"

TRANSITIONS: dict[str, tuple[str, ...]] = {
    NEW: (PENDING_SUBMIT, PRE_SUBMITTED, SUBMITTED, PENDING_CANCEL, INACTIVE),
    PENDING_SUBMIT: (
        PENDING_SUBMIT,
        PRE_SUBMITTED,
        SUBMITTED,
        PENDING_CANCEL,
        CANCELLED,
        API_CANCELLED,
        INACTIVE,
    ),
    PRE_SUBMITTED: (PRE_SUBMITTED, SUBMITTED, FILLED, PENDING_CANCEL, CANCELLED, INACTIVE),
    # When its exchange closes, a resting order returns to the waiting state.
    SUBMITTED: (SUBMITTED, PRE_SUBMITTED, FILLED, PENDING_CANCEL, CANCELLED),
    PENDING_CANCEL: (CANCELLED, FILLED),
    CANCELLED: (),
    API_CANCELLED: (),
    FILLED: (),
    INACTIVE: (),
}

WORKING = (PENDING_SUBMIT, PRE_SUBMITTED, SUBMITTED)
TERMINAL = tuple(state for state, following in TRANSITIONS.items() if not following)


def moved(old: str, new: str) -> str:
    """Return the new status. Raises ``AssertionError`` when the table forbids the transition."""
    assert new in TRANSITIONS[old], f"order status may not go from {old!r} to {new!r}"
    return new
