"""The unit words people write after a number, and whether they are those of the indicator.

"12 no funcionan" after a count of working toilets means the opposite of 12: words that are no unit are a
problem, and so is a unit of something else ("50 familias" where people are counted).
"""

import re
from functools import lru_cache

from amparo.intake.mapping.values.cells import plain

_SAME = {
    "person": "personas persona people person persons individuos individuals gente pax habitantes hab",
    "woman": "mujeres mujer women woman females female femenino",
    "man": "hombres hombre men man males male masculino",
    "girl": "niñas niña girls girl",
    "boy": "niños niño boys boy",
    "household": "familias familia hogares hogar hh hhs households household families family fam",
    "toilet": "sanitarios sanitario inodoros inodoro letrinas letrina toilets toilet latrines baños baño",
    "shower": "duchas ducha regaderas regadera showers shower baños baño",
    "litre": "litros litro l lt lts litres litre liters liter",
    "day": "día días day days d diarios diario",
    "m2": "m2 mts2 mt2",
    "metre": "metros metro m mt mts metres metre meters meter",
    "square": "cuadrados cuadrado square sq",
    "centimetre": "cm cms centímetros centímetro centimetres centimeters",
    "minute": "minutos minuto min mins minutes minute",
    "hour": "horas hora h hrs hours hour",
    "tap": "llaves llave chorros chorro grifos grifo taps tap",
    "pump": "bombas bomba pumps pump",
    "well": "pozos pozo wells well",
    "place": "lugares lugar espacios espacio places place spaces space cupos cupo plazas",
    "basin": "lavamanos points point",
    "laundry": "pilas pila lavaderos lavadero",
    "bin": "basureros basurero bins bin",
    "mask": "mascarillas mascarilla masks mask",
    "mg": "mg miligramos",
    "slope": "subida rise avance run",
    "ntu": "ntu",
    "cfu": "ufc cfu",
    "ml": "ml",
    "share": "parte share",
    "": "por per al a de del la el los las the of / en in agua water total totales unidades unidad units",
}
_PEOPLE = {"person", "woman", "man", "girl", "boy"}


def _meanings() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for meaning, words in _SAME.items():
        for word in words.split():
            found.setdefault(plain(word), set()).add(meaning)
    return {word: frozenset(meanings) for word, meanings in found.items()}


_MEANINGS = _meanings()


@lru_cache(maxsize=4096)
def _tokens(phrase: str) -> tuple[frozenset[str], ...] | None:
    """What each word can mean; None when one of them is no unit at all. Connecting words mean nothing."""
    found = []
    for word in re.findall(r"[^\s/.,()]+|/", phrase):
        meanings = _MEANINGS.get(plain(word))
        if meanings is None:
            return None
        if meanings != {""}:
            found.append(meanings)
    return tuple(found)


@lru_cache(maxsize=4096)
def problem_with(phrase: str, unit: str) -> str | None:
    """Why these words cannot stand after a number of this unit, as a code; None when they can.

    `unit` is the indicator's unit in words, in any language or several; "" accepts every known unit.
    """
    tokens = _tokens(phrase)
    if tokens is None:
        return "words_after_number"
    expected = _expected(unit)
    if not tokens or not expected:
        return None
    for meanings in tokens:
        people = meanings & {"person"} and expected & (_PEOPLE | {"place"})  # a capacity of 50 persons
        if not meanings & expected and not people:
            return "other_unit"
    return None


@lru_cache(maxsize=1024)
def _expected(unit: str) -> frozenset[str]:
    found: set[str] = set()
    for word in re.findall(r"[^\s/.,()]+", unit):
        found |= _MEANINGS.get(plain(word), frozenset())
    if "m2" in found:
        found |= {"metre", "square"}
    return frozenset(found - {""})
