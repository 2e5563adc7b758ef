"""Tools of MCP servers, which the cascade lists and calls itself, as the service in the cloud does."""
