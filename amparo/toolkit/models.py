"""What the toolkit keeps: how someone likes to look at a list, and the sheets that came in to be applied."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass
from amparo.kernel.models import Organisation, Record, User


class SavedView(models.Model):
    """The filters of a list under a name: its owner's, or shared with their whole organisation.

    It holds an address, no rows: whoever opens it sees what they may see.
    """

    data_class = DataClass.INTERNAL

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="+")
    shared_with = models.ForeignKey(Organisation, models.CASCADE, null=True, blank=True, related_name="+")
    resource = models.CharField(max_length=40)
    name = models.CharField(_("nombre"), max_length=60)
    params = models.JSONField(default=dict)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "resource", "name"], name="saved_view_named_once"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(resource=""), name="saved_view_has_a_name"),
        ]
        indexes = [models.Index(fields=["resource", "shared_with"], name="saved_view_by_organisation")]

    def __str__(self) -> str:
        return self.name


class Fate(models.TextChoices):
    """What a row of a sheet would do."""

    NEW = "new", _("Nuevas")
    CHANGED = "changed", _("Cambian")
    SAME = "same", _("Sin cambios")
    CONFLICT = "conflict", _("Las cambió otra persona")
    UNCLEAR = "unclear", _("Dudosas")
    PROBLEM = "problem", _("Con problema")


class ImportRun(Record):
    """A sheet that somebody brought: the file as it came, and what came of its rows.

    The file lies in the installation's `files/` under its SHA-256, sealed. `choices` is what the person chose for rows
    that need it; `done` of `total` rows were worked through in the state it is in. `by` brought it; its rows are
    written with the rights and in the name of `applied_by`, who said yes, and put back by `undone_by`.
    """

    data_class = DataClass.INTERNAL

    class State(models.TextChoices):
        READING = "reading", _("Se está leyendo")
        READY = "ready", _("Espera su decisión")
        APPLYING = "applying", _("Se está aplicando")
        APPLIED = "applied", _("Aplicada")
        UNDOING = "undoing", _("Se está deshaciendo")
        UNDONE = "undone", _("Deshecha")
        FAILED = "failed", _("No se pudo leer")

    WORKING = (State.READING, State.APPLYING, State.UNDOING)

    noun = models.CharField(max_length=40)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    applied_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    content_class = models.CharField(max_length=12, default=DataClass.INTERNAL.value)
    state = models.CharField(max_length=8, choices=State, default=State.READING)
    counts = models.JSONField(default=dict)
    notes = models.JSONField(default=list)
    choices = models.JSONField(default=dict)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    words = models.TextField(blank=True)
    moved_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(noun="") & ~Q(sha256=""), name="import_has_noun_and_file"),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(words=""), name="import_fails_for_a_reason"
            ),
        ]
        indexes = [models.Index(fields=["noun", "holder"], name="import_by_noun")]

    def __str__(self) -> str:
        return self.filename


class ImportRow(models.Model):
    """A row that does something or cannot: its fate, what came of it, and sealed what it says. Narrow.

    Rows that change nothing are only counted. `stands` is a digest of the record when the row was judged, `imprint`
    one of what the row says. `choice`: what a person said of this row alone; None: as of the whole sheet.
    """

    data_class = DataClass.INTERNAL

    class Outcome(models.TextChoices):
        APPLIED = "applied", _("Aplicada")
        LEFT = "left", _("No se usó")
        UNDONE = "undone", _("Deshecha")
        KEPT = "kept", _("No se deshizo")

    class Choice(models.TextChoices):
        LEAVE = "leave", _("No usarla")
        SAME = "same", _("Es la misma")
        NEW = "new", _("Es nueva")
        KEEP = "keep", _("La de la central")
        TAKE = "take", _("La mía")

    pk = models.CompositePrimaryKey("run_id", "number")
    run = models.ForeignKey(ImportRun, models.CASCADE, db_index=False, related_name="rows")
    number = models.PositiveIntegerField()
    fate = models.CharField(max_length=8, choices=Fate)
    outcome = models.CharField(max_length=7, choices=Outcome, blank=True)
    uid = models.UUIDField(null=True)
    stands = models.CharField(max_length=32, blank=True)
    imprint = models.CharField(max_length=32)
    said = models.BinaryField()
    choice = models.CharField(max_length=5, choices=Choice, null=True)

    class Meta:
        indexes = [
            models.Index(fields=["run", "fate", "number"], name="import_row_by_fate"),
            models.Index(fields=["imprint"], name="import_row_by_imprint"),
        ]
