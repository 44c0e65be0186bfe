"""What a text message is answered: short, in words, in letters that every telephone shows."""

import unicodedata

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amparo.intake.sms.report import LONGEST, SURE, Fault, Told
from amparo.sites.daily import FIGURES

_KEPT = frozenset("ñÑ¿¡éÉüÜ")  # what the GSM alphabet has of ours; the rest loses its accent


def taken(told: Told, folio: str) -> str:
    """The figures were taken; what is missing or was not understood is said."""
    n = len(told.values)
    words = ngettext(
        "Recibido %(code)s, folio %(folio)s: %(n)s cifra.",
        "Recibido %(code)s, folio %(folio)s: %(n)s cifras.",
        n,
    )
    said = [words % {"code": told.code, "folio": folio, "n": n}]
    if told.faults:
        said.append(_faults(told))
    missing = [figure.letter for figure in FIGURES if figure.indicator not in told.values]
    if missing:
        said.append(_("Falta: %(letters)s.") % {"letters": " ".join(missing)})
    return gsm(" ".join(said))


def again(folio: str) -> str:
    return gsm(_("Ya lo teníamos, folio %(folio)s. No hace falta enviarlo otra vez.") % {"folio": folio})


def asked(question: str, told: Told, *, possible: bool = False) -> str:
    """Nothing was taken: what to look at, and how to say that it is so."""
    if possible:
        return gsm(
            _("%(question)s Si es así, envíe todo otra vez y agregue %(sure)s.")
            % {"question": question, "sure": SURE}
        )
    return gsm(_("No se guardó ninguna cifra. %(question)s Envíe todo otra vez.") % {"question": question})


def not_understood(told: Told) -> str:
    """No figure could be read."""
    question = _faults(told) or _("No se encontró ninguna cifra.")
    return asked(question, told) if told.faults else gsm(f"{question} {_example()}")


def no_code() -> str:
    return gsm(_("Falta el código del albergue. %(example)s") % {"example": _example()})


def a_person_will_look() -> str:
    """The number is not known for that centre. The same words whether or not the centre exists."""
    return gsm(_("Recibimos su mensaje. Una persona lo revisará y le llamará."))


def _example() -> str:
    return _("Ejemplo: ALB 12 P 143 M 78 A 1700 LUZ SI")


def _faults(told: Told) -> str:
    """Each in words, the first two: more would not fit."""
    words = {
        Fault.UNKNOWN: _("No se conoce «%(what)s»."),
        Fault.NO_NUMBER: _("Falta el número de %(what)s."),
        Fault.NO_LETTER: _("Falta la letra de %(what)s."),
        Fault.TWICE: _("%(what)s viene dos veces, distinto."),
        Fault.NOT_WHOLE: _("Escriba %(what)s sin punto ni coma."),
        Fault.NOT_YES_OR_NO: _("LUZ se dice SI o NO."),
        Fault.TOO_BIG: _("%(what)s es demasiado."),
    }
    return " ".join(
        words[fault] % {"what": what[:20]} if "%" in words[fault] else words[fault]
        for fault, what in told.faults[:2]
    )


def gsm(words: str) -> str:
    """Letters of the GSM alphabet, 160 at most: one accent outside it would halve the message."""
    plain = []
    for letter in words.replace("«", '"').replace("»", '"').replace("…", "..."):
        if letter in _KEPT or letter.isascii():
            plain.append(letter)
            continue
        base = unicodedata.normalize("NFKD", letter)[0]
        plain.append(base if base.isascii() else "?")
    text = "".join(plain)
    return text if len(text) <= LONGEST else text[: LONGEST - 3].rstrip() + "..."
