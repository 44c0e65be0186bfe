"""What places announce to the modules above them."""

from django.dispatch import Signal

# A place and everything below it changed path. Arguments: place (which lies at `after`), was (which lay at `before`:
# the same, unless it was provisional and merged into `place`), before, after (paths), by. Sent inside the transaction
# of the move: a listener that keeps paths or places follows in the same commit, or the move does not happen.
place_moved = Signal()
