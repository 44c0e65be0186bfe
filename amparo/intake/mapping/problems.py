"""What is wrong with a mapping, or between a mapping and a sheet: everything at once, in words."""

from dataclasses import dataclass

from amparo.kernel.refusals import Refused


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing to correct. `where` names the entry of the mapping ("observe toilets", "site name")."""

    code: str
    where: str
    message: str


class MappingProblem(Refused):
    """The mapping cannot be used so.

    Nothing was changed. `troubles` lists everything found, not the first only; `advice` says what to do.
    """

    def __init__(self, troubles: list[Trouble], advice: str = "") -> None:
        lines = [f"{trouble.where}: {trouble.message}" for trouble in troubles]
        lines += [advice] if advice else []
        super().__init__("mapping_problem", "\n".join(lines), status=422)
        self.troubles = tuple(troubles)

    def __str__(self) -> str:
        return "; ".join(self.message.splitlines())
