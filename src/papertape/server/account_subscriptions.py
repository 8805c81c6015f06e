"""What sessions subscribe of accounts: values, summaries, positions."""

from .sessions.subscriptions import Subscription


class AccountSubscription(Subscription):
    """The subscription of reqAccountUpdates; a client has at most one."""

    __slots__ = ("account", "told")

    def __init__(self, account: str) -> None:
        super().__init__(0)
        self.account = account
        self.told = 0
        """The update of the figures that it was told last."""


class MultiAccountSubscription(Subscription):
    """reqAccountUpdatesMulti."""

    __slots__ = ("account", "ledger", "model", "told")

    def __init__(self, request_id: int, account: str, model: str, *, ledger: bool) -> None:
        super().__init__(request_id)
        self.account = account
        self.model = model
        self.ledger = ledger
        """Whether to send only the keys of the ledger (``figure_rows.LEDGER``)."""
        self.told = 0
        """The update of the figures that it was told last."""


class SummarySubscription(Subscription):
    """reqAccountSummary."""

    __slots__ = ("group", "names", "sent")

    def __init__(self, request_id: int, tags: str, group: str) -> None:
        super().__init__(request_id)
        self.group = group
        """The group of accounts; ``All`` for every one."""
        self.names = tuple(tag.strip() for tag in tags.split(",") if tag.strip())
        self.sent: dict[tuple[str, str, str], str] = {}
        """Account, tag, currency -> the value sent last."""


class MultiPositionSubscription(Subscription):
    """reqPositionsMulti."""

    __slots__ = ("accounts", "model")

    def __init__(self, request_id: int, accounts: tuple[str, ...] | None, model: str) -> None:
        super().__init__(request_id)
        self.accounts = accounts
        """None for all."""
        self.model = model


class PositionSubscription(Subscription):
    """The subscription of reqPositions; a client has at most one."""

    def __init__(self) -> None:
        super().__init__(0)
