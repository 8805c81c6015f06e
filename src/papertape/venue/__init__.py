"""The deterministic venue: exchange, broker and accounts. Commands in, facts out, no IO."""
