"""What is wrong with a file, in words for the person who sent it."""

from amparo.kernel.refusals import Refused


class SheetProblem(Refused):
    """The file cannot be read as a table. Nothing of it was used, nothing of it was changed.

    `code` is stable, for machines; `message` says what happened, what is safe and what to do, in the language
    that is active when it is raised.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, status=422)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
