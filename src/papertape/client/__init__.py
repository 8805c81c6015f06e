"""The client: a sans-IO session, conversations, and the asyncio API on top of them."""
