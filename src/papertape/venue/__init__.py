"""The deterministic venue: exchange, broker and accounts. Commands in, events out, no IO."""
