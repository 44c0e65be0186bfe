"""A mapping written as the file it would have been: TOML that `document.read` reads to the same document.

Whatever a header or an answer says (quotes, line breaks, brackets) stands inside a quoted text and can be nothing else.
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping

from amparo.intake.mapping.address import Address
from amparo.intake.mapping.document import Check, Choice, Document, Fixed, Meaning, Observe, When
from amparo.standards import INDICATORS

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def write(document: Document) -> str:
    """The document's file. Comments of the file it was read from, and how its answers were capitalised, are gone."""
    lines = [
        f"name = {_text(document.name)}",
        f"version = {document.version}",
        f"kind = {_text(document.purpose)}",
        f"title = {_words(document.title)}",
    ]
    if document.told_at:
        lines.append(f"told_at = {_addresses(document.told_at)}")
    lines += ["", "[reading]", *_reading(document), "", "[site]", *_site(document)]
    place = _place(document)
    if place:
        lines += ["", "[place]", *place]
    for entry in document.observe:
        lines += ["", "[[observe]]", *_observe(entry)]
    for check in document.checks:
        lines += ["", "[[check]]", *_check(check)]
    return "\n".join(lines) + "\n"


def _reading(document: Document) -> list[str]:
    lines = [f"dates = {_text(document.order)}", f"offset = {_text(offset_text(document.offset))}"]
    if document.decimal != "auto":
        lines.append(f"decimal = {_text(document.decimal)}")
    lines.append(f"missing = {_text('allowed' if document.may_miss else 'refused')}")
    if document.unknown:
        lines.append(f"unknown = {_texts(sorted(document.unknown))}")
    return lines


def _site(document: Document) -> list[str]:
    rule = document.site
    lines = [f"system = {_text(rule.system)}"] if rule.system else []
    single = {"id": rule.id, "name": rule.name, "lat": rule.lat, "lon": rule.lon, "geopoint": rule.geopoint}
    lines += [
        f"{key} = {_address(address)}" for key, address in single.items() if isinstance(address, Address)
    ]
    several = {"identity": rule.identity, "address": rule.address}
    lines += [f"{key} = {_addresses(addresses)}" for key, addresses in several.items() if addresses]
    if rule.within is not None:
        lines.append(f"within = [{', '.join(map(_number, rule.within))}]")
    for key, choices in (("kind", rule.kind), ("status", rule.status)):
        if choices:
            lines.append(f"{key} = [{', '.join(map(_choice, choices))}]")
    if rule.extra:
        inside = ", ".join(f"{_text(key)} = {_address(address)}" for key, address in rule.extra.items())
        lines.append(f"extra = {{ {inside} }}")
    return lines


def _place(document: Document) -> list[str]:
    rule = document.place
    lines = [
        f"{key} = {_addresses(addresses)}"
        for key, addresses in (("pcode", rule.pcode), ("names", rule.names))
        if addresses
    ]
    if isinstance(rule.country, Fixed):
        lines.append(f"country = {_text(rule.country.value)}")
    elif rule.country is not None:
        lines.append(f"country = {_address(rule.country)}")
    return lines


def _choice(choice: Choice | Fixed) -> str:
    if isinstance(choice, Fixed):
        return _text(choice.value)
    meanings = ", ".join(f"{_text(answer)} = {_text(word)}" for answer, word in choice.meanings.items())
    return f"{{ {', '.join((*_parts(choice.address), f'choices = {{ {meanings} }}'))} }}"


def _observe(entry: Observe) -> list[str]:
    lines = [f"indicator = {_text(entry.indicator)}"]
    if len(entry.addresses) == 1:
        lines += _parts(entry.addresses[0])
    else:
        lines.append(f"sum = {_addresses(entry.addresses)}")
    if entry.kind != INDICATORS[entry.indicator].kind:
        lines.append(f"kind = {_text(entry.kind)}")
    if entry.choices:
        lines.append(f"choices = {_choices(entry.choices)}")
    if entry.contains:
        lines.append(f"contains = {_text(entry.contains)}")
    if entry.factor != 1.0:
        lines.append(f"factor = {_number(entry.factor)}")
    if entry.scale != "auto":
        lines.append(f"scale = {_text(entry.scale)}")
    if entry.when is not None:
        lines.append(f"when = {_when(entry.when)}")
    return lines


def _choices(choices: Mapping[str, Meaning]) -> str:
    return (
        f"{{ {', '.join(f'{_text(answer)} = {_meaning(meaning)}' for answer, meaning in choices.items())} }}"
    )


def _meaning(meaning: Meaning) -> str:
    if isinstance(meaning, str):
        return _text(meaning)
    low, high = meaning
    return _number(low) if low == high else f"[{_number(low)}, {_number(high)}]"


def _when(when: When) -> str:
    return f"{{ {', '.join((*_parts(when.address), f'is = {_texts(sorted(when.answers))}'))} }}"


def _check(check: Check) -> list[str]:
    return [
        f"name = {_text(check.name)}",
        f"sum = {_texts(check.parts)}",
        f"equals = {_text(check.total)}",
        f"message = {_words(check.message)}",
    ]


def _addresses(addresses: Iterable[Address]) -> str:
    return f"[{', '.join(map(_address, addresses))}]"


def _address(address: Address) -> str:
    return f"{{ {', '.join(_parts(address))} }}"


def _parts(address: Address) -> list[str]:
    """The keys of an address, as they stand in a table of their own or of what they belong to."""
    parts = []
    if address.columns:
        one = len(address.columns) == 1
        parts.append(f"column = {_text(address.columns[0]) if one else _texts(address.columns)}")
    for key, value in (("code", address.code), ("path", address.path), ("ending", address.ending)):
        if value:
            parts.append(f"{key} = {_text(value)}")
    if address.nth:
        parts.append(f"nth = {address.nth}")
    if address.after is not None:
        parts.append(f"after = {_address(address.after)}")
    if address.optional is not None:
        parts.append("optional = true" if address.optional else "required = true")
    return parts


def _words(words: Iterable[tuple[str, str]]) -> str:
    return f"{{ {', '.join(f'{_text(language)} = {_text(text)}' for language, text in words)} }}"


def _texts(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _text(text: str) -> str:
    return f'"{"".join(map(_letter, text))}"'


def _letter(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if "\ud800" <= letter <= "\udfff":  # half a letter, which no file can hold
        return "\\uFFFD"
    return f"\\u{ord(letter):04X}" if letter < " " or letter == "\x7f" else letter


def _number(number: float) -> str:
    if math.isinf(number):
        return "inf"
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def offset_text(offset: dt.tzinfo) -> str:
    """ "-06:00"."""
    minutes = int((offset.utcoffset(None) or dt.timedelta()).total_seconds() // 60)
    if not minutes:
        return "Z"
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
