"""A conversation with the daemon, staged and watched from outside; the demo and the system tests use it."""
