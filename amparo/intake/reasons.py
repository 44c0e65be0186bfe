"""Why a message waits for a person: what happened, and what to do."""

from django.utils.translation import gettext as _


def reasons() -> dict[str, tuple[str, str]]:
    """Per code: what happened, what to do."""
    return {
        "no_mapping": (
            _("Nadie ha dicho qué significa cada pregunta de este formulario."),
            _("Dele una guía de lectura al formulario e inténtelo otra vez."),
        ),
        "mapping_does_not_fit": (
            _("La guía de lectura nombra preguntas que este mensaje no trae."),
            _("Corrija la guía de lectura o el formulario, e inténtelo otra vez."),
        ),
        "no_site": (
            _("El mensaje no dice de qué albergue es."),
            _("Llame a quien lo envió. Si nadie sabe, descártelo y diga por qué."),
        ),
        "outside_the_phone_area": (
            _("Quien lo envió no puede reportar en ese lugar."),
            _("Revise dónde puede reportar y el municipio del albergue. Luego inténtelo otra vez."),
        ),
        "other_content": (
            _("Llegó otro formulario con el mismo número y otro contenido."),
            _("Compare los dos con quien lo envió. El primero ya se aplicó."),
        ),
        "sms_unknown_number": (
            _("Llegó por mensaje de texto de un número que no está anotado para ese albergue."),
            _("Llame. Si el número es del albergue, anótelo en sus datos e inténtelo otra vez."),
        ),
        "sms_unknown_centre": (
            _("Llegó por mensaje de texto y no se sabe de qué albergue es."),
            _("Llame al número y pregunte. Si nadie sabe, descártelo y diga por qué."),
        ),
        "sms_several_centres": (
            _("Dos albergues tienen ese código y ese número."),
            _("Cambie el código o el teléfono de uno e inténtelo otra vez."),
        ),
        "sms_not_open": (
            _("Llegó por mensaje de texto de un albergue que no está abierto."),
            _("Si volvió a abrir, ábralo aquí e inténtelo otra vez."),
        ),
        "sms_asked": (
            _("Algo no se entendió. Se le preguntó por mensaje de texto a quien lo envió."),
            _("Si no llega otro mensaje, llame al albergue."),
        ),
        "cannot_apply": (
            _("No se pudo aplicar."),
            _("Inténtelo otra vez. Si se repite, avise a quien cuida el equipo."),
        ),
    }
