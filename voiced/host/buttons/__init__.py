"""Push buttons and switches on the header's pins."""
