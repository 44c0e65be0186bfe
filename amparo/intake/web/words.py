"""What the pages that fill forms say: three states with the same words everywhere, and the words of the form itself.

Patterns with {name} are filled in by the page.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

SAVED = _("Guardado en este teléfono")
SENT = _("Enviado")
RECEIVED = _("Recibido por la central (folio {folio})")
LOG_IN_AGAIN = _("Entre otra vez para enviar; nada se pierde.")

PAGE: dict[str, Any] = {
    "saved": SAVED,
    "sent": SENT,
    "received": RECEIVED,
    "log_in": LOG_IN_AGAIN,
    "log_in_link": _("Entrar"),
    "no_answer": _("Sin señal con la central. Se envía solo cuando haya."),
    "waiting": _("{n} por enviar"),
    "nothing_waits": _("No hay nada por enviar."),
    "never": _("ninguno todavía"),
    "kept_at": _("Lo escrito está guardado aquí ({time})."),
    "kept_anyway": _("Lo escrito está guardado en este teléfono."),
    "missing": _("Faltan {n} respuestas. Están marcadas."),
    "missing_one": _("Falta una respuesta. Está marcada."),
    "show_first": _("Ver la primera"),
    "too_large": _("Una foto pesa demasiado para enviarse. Cámbiela por una más pequeña."),
    "not_kept": _("Este teléfono no pudo guardarlo. Libere espacio y toque otra vez."),
    "opening": _("Abriendo el formulario…"),
    "open_elsewhere": _("Este formulario está abierto en otra ventana de este teléfono."),
    "cannot_open": _("El formulario no se pudo abrir."),
    "open_with_signal": _("Ábralo una vez con señal; después se abre sin señal."),
    "cannot_seal": _(
        "Este navegador no puede sellar formularios aquí. Use uno al día y la dirección con https."
    ),
    "other_ways": _("Puede usar la hoja de papel, ODK Collect o las diez cifras."),
    "one_begun": _("Tiene uno sin terminar."),
    "some_begun": _("Tiene {n} sin terminar."),
    "go_on": _("Seguir el de {time}"),
    "go_on_short": _("Seguir"),
    "begin_another": _("Empezar otro"),
    "another": _("Llenar otro"),
    "queue": _("Ver lo que falta enviar"),
    "back": _("Volver a la lista"),
    "drop": _("Borrar"),
    "really_drop": _("Sí, borrar lo escrito"),
    "keep": _("No borrar"),
    "ready": _("Este teléfono ya puede llenar sin señal."),
}

# @getodk/web-forms speaks English; its words as ours. The build takes care that each is still there.
FORM: dict[str, Any] = {
    "Condition not satisfied: constraint": _("Esta respuesta no es posible. Revísela."),
    "Condition not satisfied: required": _("Falta esta respuesta."),
    "1 question with error.": _("Falta una respuesta."),
    "{n} questions with errors.": _("Faltan {n} respuestas."),
    "Get location": _("Tomar la ubicación"),
    "Try again": _("Probar otra vez"),
    "Cannot access location": _("No se puede tomar la ubicación."),
    "Grant location permission in the browser settings and make sure location is turned on.": _(
        "Permita la ubicación en el navegador y enciéndala en el teléfono."
    ),
    "Location unavailable. Enable GPS and browser permissions, then restart the form to try again.": _(
        "Sin ubicación. Enciéndala y permítala en el navegador."
    ),
    "Finding your location": _("Buscando la ubicación"),
    "Time taken to capture location: ": _("Tiempo buscando: "),
    "Save location": _("Guardar la ubicación"),
    "Good accuracy": _("Buena precisión"),
    "Poor accuracy": _("Poca precisión"),
    "Unknown accuracy": _("Precisión desconocida"),
    " Add ": _("Agregar "),
    "Remove": _("Quitar"),
    "Cancel": _("Cancelar"),
    "Send": _("Enviar"),
    "Take picture": _("Tomar una foto"),
    "Choose image": _("Elegir una foto"),
    "Captured image preview": _("La foto tomada"),
    "Rank items": _("Ordenar"),
    "Change language": _("Cambiar de idioma"),
    "change language": _("cambiar de idioma"),
    "An error occurred while loading this form": _("El formulario no se pudo abrir."),
    "Technical error details": _("Detalle para quien da soporte"),
}
