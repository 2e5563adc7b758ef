"""The configuration as a whole: its schema, its files, its secrets."""
