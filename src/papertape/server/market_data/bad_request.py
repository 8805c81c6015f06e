"""A field of a request that is not legal."""


class BadRequest(ValueError):
    """Refuses a request; carries the code, its variant and its facts."""

    def __init__(self, code: int, variant: str | None = None, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.variant = variant
        self.facts = facts
