"""Market data of others, read into what a market folder holds."""
