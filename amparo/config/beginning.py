"""*Empezar de verdad*: from the exercise to an empty installation of one's own, with a first administrator."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from amparo.kernel.refusals import Refused
from amparo.toolkit.frames import FormPage

EXERCISE = "exercise"
PATIENCE_SECONDS = 300
NEARBY = ("127.", "::1", "[::1]")


@dataclass(frozen=True, slots=True)
class Begun:
    """A new installation: its folder, the first account, and its password, which is shown once."""

    home: Path
    username: str
    password: str


def real_home(exercise: Path) -> Path:
    """Where the real installation goes: around the folder called "exercise", else beside the exercise's own."""
    return exercise.parent if exercise.name == EXERCISE else exercise.with_name(f"{exercise.name}-real")


def begin(*, organisation: str, admin: str) -> Begun:
    """Make an empty installation beside this exercise, with its first administrator. Nothing invented goes there.

    Raises `Refused`: "not_an_exercise", "already_begun", "could_not_begin".
    """
    if not settings.HOME.exercise.exists():
        raise Refused("not_an_exercise", _("Esta instalación ya es la de verdad."))
    home = real_home(settings.HOME.path)
    if (home / "keys").exists():
        raise Refused(
            "already_begun",
            _(
                "Ya hay una instalación de verdad en %(home)s. Enciéndala con: make run. "
                "Si no anotó la contraseña, dé otra ahí con: amparo accounts password"
            )
            % {"home": home},
        )
    environment = {
        **os.environ,
        "AMPARO_HOME": str(home),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    for name in ("AMPARO_DATABASE_URL", "DJANGO_SETTINGS_MODULE"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "amparo.config.cli", "init", "--json"]
    command += ["--organisation", organisation, "--admin", admin]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, timeout=PATIENCE_SECONDS, check=False, text=True
        )
    except subprocess.TimeoutExpired:
        raise Refused(
            "not_begun_in_time",
            _(
                "Este equipo tarda demasiado. Su práctica sigue como estaba. Pruebe: AMPARO_HOME=%(home)s amparo init"
            )
            % {"home": home},
            status=503,
        ) from None
    if done.returncode:
        raise Refused(
            "could_not_begin",
            _("No se pudo preparar. Su práctica sigue como estaba. Pruebe: AMPARO_HOME=%(home)s amparo init")
            % {"home": home},
            status=500,
        )
    said = json.loads(done.stdout)
    return Begun(home, admin, said["password"])


# --- on screen


class BeginForm(forms.Form):
    organisation = forms.CharField(
        label=gettext_lazy("Institución que responde por los datos"), max_length=200
    )
    admin = forms.RegexField(
        r"^[a-zA-Z0-9._-]{2,60}$",
        label=gettext_lazy("Cuenta de quien administra"),
        help_text=gettext_lazy("Letras sin tilde y números: ana.lopez"),
        error_messages={"invalid": gettext_lazy("Use solo letras sin tilde, números, punto o guion.")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def begin_view(request: HttpRequest) -> HttpResponse:
    """Only of an exercise, and only for whoever sits at its machine: anybody else knows its passwords too."""
    if not settings.HOME.exercise.exists():
        raise Http404
    nearby = str(request.META.get("REMOTE_ADDR", "")).startswith(NEARBY)
    form = BeginForm(request.POST or None)
    if request.method == "POST" and nearby and form.is_valid():
        try:
            begun = begin(**form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            return render(request, "briefing/begun.html", {"begun": begun})
    page: dict[str, Any] = {
        "title": _("¿Empezar de verdad?"),
        "submit": _("Crear la instalación"),
        "action": reverse("begin"),
        "cancel_url": "/",
        "text": _("Se crea un sistema vacío, en otra carpeta. La práctica queda aparte, como está."),
    }
    if not nearby:
        return render(request, "briefing/begin_there.html", {"home": real_home(settings.HOME.path)})
    return render(request, "toolkit/form.html", {"vm": FormPage(**page), "form": form})
