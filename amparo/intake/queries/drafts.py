"""Mappings in the making: whose they are, what they are tried on, and what is wrong with them."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language

from amparo.intake.mapping import Facts, MappingProblem, Trouble, editing, load, shipped
from amparo.intake.mapping.address import Address
from amparo.intake.mapping.bound import Bound
from amparo.intake.mapping.document import Document, examine
from amparo.intake.mapping.guarding import Worry, worries
from amparo.intake.mapping.sample import Sample, of_questions
from amparo.intake.mapping.suggesting import Proposal, proposals
from amparo.intake.models import FormVersion, MappingDraft, MappingVersion, RawMessage
from amparo.intake.models.message import SEAL_CONTEXT
from amparo.intake.openrosa.submission_xml import flatten
from amparo.intake.permissions import Intake
from amparo.intake.queries.mappings import parsed
from amparo.intake.queries.messages import messages_visible_to
from amparo.intake.queries.uploads import sample_of
from amparo.kernel.access import may
from amparo.kernel.classes import DataClass
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.kernel.sealing import BrokenSeal, unseal

RECENT = timedelta(days=14)
ANSWERED = 60  # messages of a form whose answers are looked at


def drafts_of(user: User) -> "QuerySet[MappingDraft]":
    """What this person is making. Nobody opens another's draft: they see the versions that were saved."""
    drafts = MappingDraft.objects.select_related("base", "upload", "form_version__form")
    return drafts.filter(by=user) if may(user, Intake.MANAGE_FORMS) else drafts.none()


def others_at(draft: MappingDraft) -> list[MappingDraft]:
    """Drafts of the same mapping by other people, changed lately."""
    others = MappingDraft.objects.filter(name=draft.name, changed_at__gte=timezone.now() - RECENT)
    return list(others.exclude(by=draft.by_id).select_related("by"))


def saved_since(draft: MappingDraft) -> MappingVersion | None:
    """The newest version of the mapping, where somebody saved one after this draft began."""
    newest = MappingVersion.objects.filter(name=draft.name).select_related("by").first()
    return newest if newest is not None and newest.pk != draft.base_id else None


def library() -> tuple[Document, ...]:
    """The newest version of every mapping: those that come with the system and those saved here."""
    newest: dict[str, int] = {}
    for name, key in MappingVersion.objects.order_by("version").values_list("name", "pk"):
        newest[name] = key
    found = {name: load(name).document for name in shipped()}
    for name, key in newest.items():
        try:
            found[name] = parsed(key).document
        except MappingProblem:
            continue
    return tuple(found[name] for name in sorted(found))


@dataclass
class Workbench:
    """A draft on the table: the document so far, and the columns or questions that it is tried on."""

    draft: MappingDraft
    user: User

    @cached_property
    def examined(self) -> tuple[Document, tuple[Trouble, ...]]:
        return examine(self.draft.text, self.draft.name)

    @property
    def document(self) -> Document:
        return self.examined[0]

    @cached_property
    def sample(self) -> Sample:
        return sample_for(self.draft, self.user)

    @cached_property
    def find(self) -> editing.Finder:
        return editing.Finder(self.sample.columns)

    @cached_property
    def uses(self) -> dict[int, list[editing.Use]]:
        """What each column becomes."""
        return editing.by_column(self.document, self.find)[0]

    @cached_property
    def nowhere(self) -> list[tuple[Address, list[editing.Use]]]:
        """What the mapping reads that no column of the sample says."""
        return editing.by_column(self.document, self.find)[1]

    @cached_property
    def proposals(self) -> tuple[Proposal, ...]:
        return proposals(self.document, self.sample, library())

    @cached_property
    def worries(self) -> tuple[Worry, ...]:
        return worries(self.document, self.sample)

    def bound(self) -> Bound:
        """Held against the sample's columns, by the way that real rows take. Raises `MappingProblem`."""
        return Bound(self.document, self.sample.columns)

    def troubles(self) -> tuple[Trouble, ...]:
        """What keeps the mapping from being saved: mistakes, and columns that it needs and that are not here."""
        found = self.examined[1]
        if not self.sample.seen:
            return found
        try:
            self.bound()
        except MappingProblem as problem:
            found = (*found, *problem.troubles)
        return tuple(dict.fromkeys(found))

    def tried(self) -> list[Facts]:
        """What each row of the sample would become. Raises `MappingProblem`."""
        bound = self.bound()
        return [bound.facts(row, timezone.now()) for row in self.sample.rows]


def sample_for(draft: MappingDraft, user: User) -> Sample:
    """The columns of its sheet, or the questions of its form with answers that this person may see."""
    if draft.upload is not None and draft.upload.sample is not None:
        return sample_of(draft.upload)
    if draft.form_version is not None:
        filled = answers_of(draft.form_version, user)
        return of_questions(draft.form_version.questions, filled, (get_language() or "es")[:2])
    return Sample(())


def answers_of(version: FormVersion, user: User) -> Sequence[dict[str, str]]:
    """The answers of a form's newest messages, {path: text}; none for who may not review messages."""
    messages = messages_visible_to(user).filter(
        form_id=version.form.form_id,
        channel__in=RawMessage.FILLED,
        conflicts=False,
        content_class=DataClass.INTERNAL,
    )
    found = []
    for content in messages.order_by("-pk").values_list("content", flat=True)[:ANSWERED]:
        try:
            found.append(
                dict(
                    flatten(zlib.decompress(unseal(bytes(content), DataClass.INTERNAL, context=SEAL_CONTEXT)))
                )
            )
        except (Refused, BrokenSeal, zlib.error):
            continue
    return found
