"""Tools of MCP servers on this device or in the house, as functions like any other tool."""
