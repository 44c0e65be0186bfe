"""Questions about organisations, accounts, sessions and keys. Nothing here writes."""
