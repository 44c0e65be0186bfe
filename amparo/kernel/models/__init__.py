"""The kernel's nouns."""

from amparo.kernel.models.holding import Holding
from amparo.kernel.models.ledger import LedgerEntry, LedgerOrigin, LedgerPayload, LedgerSeal
from amparo.kernel.models.organisation import Organisation
from amparo.kernel.models.record import Erased, Record
from amparo.kernel.models.user import User
from amparo.kernel.models.worker import WorkerLease

__all__ = [
    "Erased",
    "Holding",
    "LedgerEntry",
    "LedgerOrigin",
    "LedgerPayload",
    "LedgerSeal",
    "Organisation",
    "Record",
    "User",
    "WorkerLease",
]
