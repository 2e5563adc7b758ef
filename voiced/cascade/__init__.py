"""The Voice Live protocol on the device: turns, recognition, replies, speech."""
