"""What this module asks of those above it: where somebody works may be a record of theirs."""

from dataclasses import dataclass

from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class NamedScope:
    """A record that is a scope of its own: its path, and what it is called so that two are told apart."""

    path: str
    words: str


# Somebody wrote where an account or a key is to work. Arguments: by (in whose reach), text (what was written). A
# listener answers with the `NamedScope`s of its records that are called just so; accents and capitals do not count.
scope_asked = Signal()

# What lies at just this path? Arguments: path. A listener answers with the name of its record, "" where it has none.
scope_told = Signal()
