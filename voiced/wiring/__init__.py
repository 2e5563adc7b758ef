"""How the parts meet: each side of the daemon wired from its parts, for the composition root to put together."""
