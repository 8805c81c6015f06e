"""What TWS looks up for a client beside the market: scanners, news, events, reports."""
