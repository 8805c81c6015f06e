"""The states of an order."""

from enum import Enum


class OrderStatus(Enum):
    """What ``orderStatus`` reports; the values are the wire's words."""

    ApiPending = "ApiPending"
    ApiCancelled = "ApiCancelled"
    PreSubmitted = "PreSubmitted"
    PendingCancel = "PendingCancel"
    Cancelled = "Cancelled"
    Submitted = "Submitted"
    Filled = "Filled"
    Inactive = "Inactive"
    PendingSubmit = "PendingSubmit"
    Unknown = "Unknown"

    @staticmethod
    def get(api_string: str) -> "OrderStatus":
        """The state of a wire word; ``Unknown`` for any other."""
        return OrderStatus.__members__.get(api_string, OrderStatus.Unknown)

    def is_active(self) -> bool:
        """Whether the order may still be executed."""
        return self in _ACTIVE

    def is_terminal(self) -> bool:
        """Whether nothing more can happen to the order."""
        return self in _TERMINAL


_ACTIVE = {
    OrderStatus.PreSubmitted,
    OrderStatus.PendingCancel,
    OrderStatus.Submitted,
    OrderStatus.PendingSubmit,
}
_TERMINAL = {
    OrderStatus.ApiCancelled,
    OrderStatus.Cancelled,
    OrderStatus.Filled,
    OrderStatus.Inactive,
}
