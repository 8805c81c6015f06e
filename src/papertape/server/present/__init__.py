"""What clients are told of the venue: floats, decimals and texts are made out of units here."""
