"""The option model: values, greeks and implied volatility (``model``)."""
