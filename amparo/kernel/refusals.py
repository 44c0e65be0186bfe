"""A rule said no. The code is for machines and stays; the words are for people."""

from django.http import Http404


class Refused(Exception):
    """A rule of the domain said no.

    `code` is stable; `message` says what happened, what is safe and what to do. `status` is the HTTP answer. `of`: the
    one thing of many that it is about, as the action calls it.
    """

    status = 409

    def __init__(self, code: str, message: str, *, status: int | None = None, of: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = str(message)
        self.of = of
        if status is not None:
            self.status = status


class NotPermitted(Refused):
    """The person's roles do not include this, anywhere."""

    status = 403


class OutOfSight(Http404):
    """Outside what the person may see: answered exactly as if it did not exist."""
