"""What the speaker shows: a pattern for every phase, on the LEDs its owner has."""
