"""What is wrong with a mapping, or between a mapping and a sheet: everything at once, in words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing to correct. `where` names the entry of the mapping ("observe toilets", "site name")."""

    code: str
    where: str
    message: str


class MappingProblem(Exception):
    """The mapping cannot be used so.

    Nothing was changed. `troubles` lists everything found, not the first only.
    """

    def __init__(self, troubles: list[Trouble]) -> None:
        super().__init__("; ".join(f"{trouble.where}: {trouble.message}" for trouble in troubles))
        self.code = "mapping_problem"
        self.troubles = tuple(troubles)

    @property
    def message(self) -> str:
        """One line per trouble."""
        return "\n".join(f"{trouble.where}: {trouble.message}" for trouble in self.troubles)
