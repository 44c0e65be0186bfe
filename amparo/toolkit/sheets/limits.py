"""How much a file may hold. Larger is refused in words, before memory runs out."""

MAX_BYTES = 100 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 2_000
MAX_CELLS = 12_000_000  # held in memory at once, empty ones included
MAX_CELL_CHARACTERS = 32_767  # what spreadsheet programs themselves allow
MAX_UNPACKED_BYTES = 400 * 1024 * 1024
MAX_UNPACKED_RATIO = 200  # honest workbooks pack 5 to 30 times; a bomb packs 1,000
RATIO_MATTERS_FROM = 20 * 1024 * 1024
MAX_PARTS = 5_000
HEADER_WITHIN = 50  # rows from the top among which the header is looked for
