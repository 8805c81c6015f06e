"""The API state of TWS: client ids, order ids, held orders, defaults."""
