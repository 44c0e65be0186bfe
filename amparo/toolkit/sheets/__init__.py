"""Sheets that people send, read as tables: CSV, TSV, XLSX, XLS, ODS and GeoJSON points.

Pure: a path or bytes in, a `Table` out, or a `SheetProblem` that says what is wrong, what is safe and what to
do. Nothing is converted, nothing is computed: cells are what the file says.
"""

from amparo.toolkit.sheets.problems import SheetProblem
from amparo.toolkit.sheets.reading import read
from amparo.toolkit.sheets.table import Cell, Column, Note, Row, Table, Uncomputed

__all__ = ["Cell", "Column", "Note", "Row", "SheetProblem", "Table", "Uncomputed", "read"]
