"""The screens of this module: the doors, one's own account, accounts, organisations."""
