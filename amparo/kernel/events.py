"""What the kernel announces to the modules above it."""

from django.dispatch import Signal

# Whatever lay under a path lies under another now: a place, or one record that is a scope of its own. Arguments:
# before, after (paths). Sent inside the transaction of the move: who keeps scopes beside holdings follows in it.
scope_moved = Signal()
