"""What is wrong with a file, in words for the person who sent it."""


class SheetProblem(Exception):
    """The file cannot be read as a table. Nothing of it was used, nothing of it was changed.

    `code` is stable, for machines; `message` says what happened, what is safe and what to do, in the language
    that is active when it is raised.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
