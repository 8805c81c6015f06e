"""Why an account command is refused."""


class AccountRefused(ValueError):
    """A refused account command; the text says why, and what would be valid."""
