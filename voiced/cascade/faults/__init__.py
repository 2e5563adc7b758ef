"""Faults on demand, so that clients can be tested against a service at its worst. Never active on a speaker."""
