"""Books, triggers and fill rules. Knows no account, no client and no API code."""
