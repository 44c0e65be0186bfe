"""Fields of places."""

from amparo.kernel.fields import PathField


class KeyField(PathField):
    """A code or a spelt-out name, compared byte by byte as a path is: a beginning is a range of the index."""
