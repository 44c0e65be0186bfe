"""What comes from outside and cannot be taken as it came."""

from amparo.kernel.refusals import Refused


class WireProblem(Refused):
    """What came over the wire cannot be read or named. The phone sees `status`, a 4xx, and shows the words.

    Raised only for what cannot be identified: a refused form stays on the phone. Odd values are accepted.
    """

    status = 400


class FormProblem(Refused):
    """A form definition that somebody uploads cannot be read.

    The message says what is wrong first; `details` say what else is, where and what, one line each.
    """

    status = 400

    def __init__(self, code: str, message: str, *, details: tuple[str, ...] = ()) -> None:
        super().__init__(code, message)
        self.details = details
