"""What TWS itself remembers of the API: client ids, order ids, held orders, defaults."""
