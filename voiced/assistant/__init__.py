"""The speaker's decisions: events and a clock in, commands out. No I/O, no asyncio, no time of its own."""
