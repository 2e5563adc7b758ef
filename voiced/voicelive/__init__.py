"""One session with Azure Voice Live, or with anything that speaks its protocol."""
