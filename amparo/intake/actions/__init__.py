"""Everything that can be done with what comes in."""
