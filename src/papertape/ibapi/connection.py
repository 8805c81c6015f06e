"""The socket to the server, where the official package has it."""

from .const import NO_VALID_ID
from .errors import CONNECT_FAIL, FAIL_CREATE_SOCK
from .reader import Connection, currentTimeMillis

__all__ = [
    "CONNECT_FAIL",
    "FAIL_CREATE_SOCK",
    "NO_VALID_ID",
    "Connection",
    "currentTimeMillis",
]
