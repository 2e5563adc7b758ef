"""The wake word: openWakeWord's models over 16 kHz frames, in a thread of its own."""
