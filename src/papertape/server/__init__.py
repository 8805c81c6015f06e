"""The server: TWS or IB Gateway as API programs see it, over the venue."""
