from enum import StrEnum


class Kernel(StrEnum):
    """What may be done to accounts and the installation itself."""

    MANAGE_ACCOUNTS = "kernel.manage_accounts"
    READ_LEDGER = "kernel.read_ledger"
    SEE_HEALTH = "kernel.see_health"
