"""Which mappings there are, and what a form's questions become through one."""

from collections.abc import Iterable
from functools import lru_cache

from amparo.intake.mapping import Mapping, parse, shipped
from amparo.intake.mapping.bound import Bound
from amparo.intake.models import FormVersion, MappingVersion
from amparo.toolkit.sheets import Column


def mapping_names() -> list[str]:
    """Every mapping by name: those that come with the system and those saved here."""
    return sorted({*shipped(), *MappingVersion.objects.values_list("name", flat=True)})


@lru_cache(maxsize=64)
def parsed(mapping_id: int) -> Mapping:
    """A stored version, read. Versions never change, so this is kept."""
    version = MappingVersion.objects.get(pk=mapping_id)
    return parse(version.text, version.name)


@lru_cache(maxsize=256)
def bound(mapping_id: int, paths: tuple[str, ...]) -> Bound:
    """A stored version held against a form's question paths."""
    return parsed(mapping_id).bind(paths)


@lru_cache(maxsize=256)
def asked(form_version_id: int | None) -> tuple[str, ...]:
    """The paths of what a form version asks, answered or not; phones leave out what was not relevant."""
    if form_version_id is None:
        return ()
    questions = FormVersion.objects.filter(pk=form_version_id).values_list("questions", flat=True).first()
    return tuple(question["path"] for question in questions or ())


def targets(mapping_id: int | None, paths: Iterable[str]) -> dict[str, str]:
    """What each question becomes: an indicator's key, or a field of the site such as "site.name"."""
    if mapping_id is None:
        return {}
    columns = [Column(index=index, name=path) for index, path in enumerate(paths)]
    found: dict[str, str] = {}
    for where, address in parsed(mapping_id).document.addresses():
        for column in address.find(columns):
            found.setdefault(column.name, where.removeprefix("observe "))
    return found
