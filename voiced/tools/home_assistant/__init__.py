"""Home Assistant: its WebSocket API, and what of the house becomes tools by itself."""
