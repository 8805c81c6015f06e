"""What is traded at which price: tapes recorded and synthetic, the source that an engine walks."""
