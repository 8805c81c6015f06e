"""Orders and their checks, risk, margin, fees, and the ledger of each account."""
