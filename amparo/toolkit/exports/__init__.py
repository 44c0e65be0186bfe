"""What leaves: CSV, XLSX and HXL, written row by row, whole or known to be cut. No formula ever leaves.

`leave` is the door for a list: it lets through what `disclosure` releases, writes who took what into the ledger
before the first byte leaves, and answers with the file. The writers below it know values and columns, nothing else.
Data class: that of the columns.
"""

from amparo.toolkit.exports.about import About, Field, Written
from amparo.toolkit.exports.leaving import FORMS, forms_of, leave, leave_rows, write
from amparo.toolkit.exports.whole import Examined, examine, is_whole

__all__ = [
    "FORMS",
    "About",
    "Examined",
    "Field",
    "Written",
    "examine",
    "forms_of",
    "is_whole",
    "leave",
    "leave_rows",
    "write",
]
