"""What can be done to organisations, accounts, sessions and keys. The only files of this module that write."""
