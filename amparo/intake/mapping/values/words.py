"""What is said about a value that could not be taken, or was taken with a doubt: one catalogue, by stable
code.

The words are made when they are shown, in the language of whoever looks; a stored flag needs its code and
detail.
"""

from django.utils.translation import gettext_lazy as _

SAID = {
    # Could not be taken: the value waits for a person.
    "not_a_number": _("«%(detail)s» no es un número."),
    "not_whole": _("«%(detail)s» no es un número entero."),
    "negative": _("«%(detail)s» es menor que cero."),
    "too_large": _("«%(detail)s» es un número imposible."),
    "words_after_number": _("No se entiende «%(detail)s» junto al número."),
    "other_unit": _("«%(detail)s» es otra unidad de medida."),
    "formula_without_value": _("La fórmula «%(detail)s» no trae resultado."),
    "formula_error": _("La celda trae un error de fórmula: «%(detail)s»."),
    "date_in_number": _("El programa cambió la cifra por una fecha: «%(detail)s». Escríbala como texto."),
    "range_reversed": _("«%(detail)s» va de más a menos."),
    "share_out_of_range": _("«%(detail)s» pasa del 100 %%."),
    "not_a_share": _("«%(detail)s» no es una parte del total."),
    "not_yes_or_no": _("«%(detail)s» no es sí ni no."),
    "no_such_level": _("«%(detail)s» no es una respuesta conocida."),
    "choice_not_listed": _("La respuesta «%(detail)s» no está en la guía de lectura."),
    "date_impossible": _("«%(detail)s» no es una fecha posible."),
    "date_unreadable": _("«%(detail)s» no es una fecha."),
    "coordinates_unreadable": _("«%(detail)s» no es una coordenada."),
    # Taken, with a doubt: flagged.
    "number_ambiguous": _("«%(detail)s» puede leerse de dos maneras. Revise la cifra."),
    "approximate": _("«%(detail)s» es una cifra aproximada."),
    "very_large": _("«%(detail)s» es una cifra muy grande. Revísela."),
    "percent_assumed": _("«%(detail)s» se leyó como porcentaje."),
    "share_ambiguous": _("«%(detail)s» puede ser 1 %% o 100 %%. Se leyó 100 %%."),
    "date_odd": _("La fecha «%(detail)s» es poco probable. Revísela."),
    "date_in_future": _("La fecha «%(detail)s» todavía no llega."),
    "coordinates_zero": _("La coordenada 0, 0 está en el mar. No se usó."),
    "coordinates_out_of_range": _("La coordenada «%(detail)s» está fuera del mapa. No se usó."),
    "coordinates_incomplete": _("Falta la latitud o la longitud. No se usó «%(detail)s»."),
    "coordinates_swapped": _("Latitud y longitud venían cambiadas: «%(detail)s». Se corrigió."),
    "coordinates_sign": _("A la coordenada «%(detail)s» le faltaba un signo. Se corrigió."),
    "coordinates_elsewhere": _("La coordenada «%(detail)s» está lejos de donde se esperaba."),
    "sum_incomplete": _("Falta una parte de la suma: %(detail)s. No se sumó."),
    "site_kind_not_listed": _("El tipo de lugar «%(detail)s» no está en la guía de lectura."),
    "site_status_not_listed": _("«%(detail)s» no dice si el albergue está abierto."),
    "site_without_name": _("La fila no trae nombre ni código del albergue."),
    "site_code_unknown": _("«%(detail)s» no es el código de un albergue de aquí. Se buscó por nombre."),
}


def say(code: str, detail: str = "") -> str:
    """The words for a code, in the active language. An unknown code is said as it is."""
    words = SAID.get(code)
    return str(words) % {"detail": detail} if words is not None else code
