"""Books, triggers and fill rules; independent of accounts, clients and API codes."""
