"""Questions about damage and needs. Nothing here writes."""

from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from amparo.crises.models import DamageFigure
from amparo.crises.permissions import Crises
from amparo.kernel.access import limit


def visible_to(user: Any) -> "QuerySet[DamageFigure]":
    """The figures of the places where the user may look at emergencies, withdrawn ones too."""
    figures = DamageFigure.objects.select_related("crisis", "place__parent")
    return limit(figures, user, Crises.VIEW, path="place__path")


def standing(figures: "QuerySet[DamageFigure]", *, at: datetime | None = None) -> "QuerySet[DamageFigure]":
    """The newest of each figure and unit by crisis and place, as told until `at` (now by default).

    A figure in families says nothing of one in people: each stands beside the other.
    """
    told = figures.filter(withdrawn_at=None)
    if at is not None:
        told = told.filter(told_at__lte=at)
    newest = Window(
        RowNumber(),
        partition_by=[F("crisis"), F("place"), F("figure"), F("unit")],
        order_by=[F("told_at").desc(), F("pk").desc()],
    )
    return told.annotate(newest=newest).filter(newest=1)


def history_of(figure: DamageFigure, figures: "QuerySet[DamageFigure]") -> "QuerySet[DamageFigure]":
    """What these figures say of the same thing at the same place, newest first, withdrawn ones too."""
    return figures.filter(crisis=figure.crisis_id, place=figure.place_id, figure=figure.figure).order_by(
        "-told_at", "-pk"
    )
