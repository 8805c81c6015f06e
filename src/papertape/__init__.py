"""Papertape: an open Trader Workstation. Server, client and venue for the TWS socket API."""

__version__ = "0.1.0.dev0"
