"""The interface of the official Python client: import ``papertape.ibapi`` instead of ``ibapi``."""

VERSION = {"major": 1051, "minor": 1}


def get_version_string() -> str:
    """The version of the official client whose surface this package has."""
    return f"{VERSION['major'] // 100}.{VERSION['major'] % 100}.{VERSION['minor']:02d}"


__version__ = get_version_string()
__all__ = ["VERSION", "get_version_string"]
