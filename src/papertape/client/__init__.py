"""The client: a sans-IO core, conversation shapes, and the asyncio API on top of them."""
