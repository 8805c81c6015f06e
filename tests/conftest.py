"""What every test run says at its end, also when the tests ran in several processes."""

from peers.conftest import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]
