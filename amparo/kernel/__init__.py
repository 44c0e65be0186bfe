"""What every record stands on: who, where they may act, what was done, and how it is kept.

Users, bare organisations and holdings; records; the ledger; access; refusals; jobs; sealing; backups;
the start-up self-check. The kernel knows no screen and no domain noun.
Data class: internal (accounts are personal).
"""
