"""What differs between two versions of a mapping, in words."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from amparo.intake.mapping import editing
from amparo.intake.mapping.document import Choice, Document, Fixed, Meaning, Observe
from amparo.intake.mapping.targets import OBSERVE, WHEN, words_of
from amparo.intake.mapping.writing import offset_text


def differences(old: Document, new: Document) -> list[str]:
    """One sentence for each thing that changed; none where both read the same."""
    return [
        *_top(old, new),
        *_where_things_stand(old, new),
        *_figures(old, new),
        *_meanings(old, new),
        *_checks(old, new),
    ]


def _top(old: Document, new: Document) -> Iterable[str]:
    for before, after, name in (
        (dict(old.title).get("es", ""), dict(new.title).get("es", ""), _("El título")),
        (old.purpose, new.purpose, _("Para qué es")),
        (old.order, new.order, _("El orden de las fechas")),
        (offset_text(old.offset), offset_text(new.offset), _("La hora del lugar")),
        (old.decimal, new.decimal, _("La marca decimal")),
        (old.site.system, new.site.system, _("Quién dio los códigos")),
    ):
        if before != after:
            yield _("%(name)s: antes «%(before)s», ahora «%(after)s».") % {
                "name": name,
                "before": before,
                "after": after,
            }
    if old.may_miss != new.may_miss:
        yield (
            _("Ahora pueden faltar columnas.")
            if new.may_miss
            else _("Ahora no puede faltar ninguna columna.")
        )
    for words in sorted(new.unknown - old.unknown):
        yield _("«%(words)s» ahora quiere decir que nadie sabe.") % {"words": words}
    for words in sorted(old.unknown - new.unknown):
        yield _("«%(words)s» ya no quiere decir que nadie sabe.") % {"words": words}


def _where_things_stand(old: Document, new: Document) -> Iterable[str]:
    before, after = _by_target(old), _by_target(new)
    for target in dict.fromkeys([*before, *after]):
        was, now = before.get(target), after.get(target)
        if was == now:
            continue
        name = words_of(target)
        if was is None:
            yield _("Se agrega «%(name)s»: se lee de %(now)s.") % {"name": name, "now": now}
        elif now is None:
            yield _("Ya no se lee «%(name)s» (antes de %(was)s).") % {"name": name, "was": was}
        else:
            yield _("«%(name)s» se lee de %(now)s; antes de %(was)s.") % {
                "name": name,
                "now": now,
                "was": was,
            }


def _by_target(document: Document) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for use in editing.uses(document):
        if not use.target.startswith(WHEN):
            place = f"«{use.address.label}»" + (f" ({use.address.nth})" if use.address.nth else "")
            found.setdefault(use.target, []).append(place)
    return {target: " + ".join(places) for target, places in found.items()}


def _figures(old: Document, new: Document) -> Iterable[str]:
    """How the figures that both read are read."""
    before = {entry.indicator: entry for entry in old.observe}
    for entry in new.observe:
        was = before.get(entry.indicator)
        if was is not None:
            name = words_of(OBSERVE + entry.indicator)
            yield from (f"«{name}»: {words}" for words in _how(was, entry))


def _how(was: Observe, now: Observe) -> Iterable[str]:
    for before, after, words in (
        (was.kind, now.kind, _("se lee como %(after)s, antes como %(before)s.")),
        (f"{was.factor:g}", f"{now.factor:g}", _("se multiplica por %(after)s, antes por %(before)s.")),
        (was.scale, now.scale, _("la escala es %(after)s, antes %(before)s.")),
        (was.contains or "—", now.contains or "—", _("busca «%(after)s», antes «%(before)s».")),
    ):
        if before != after:
            yield words % {"before": before, "after": after}
    if was.when != now.when:
        yield _("cambió la condición.")
    for answer in dict.fromkeys([*was.choices, *now.choices]):
        before_, after_ = was.choices.get(answer), now.choices.get(answer)
        if before_ != after_:
            yield _("«%(answer)s» significa %(after)s, antes %(before)s.") % {
                "answer": answer,
                "after": _meaning(after_),
                "before": _meaning(before_),
            }


def _meaning(meaning: Meaning | None) -> str:
    if meaning is None:
        return _("lo que dice")
    if isinstance(meaning, str):
        return _("nadie sabe") if meaning == "unknown" else _("no aplica")
    low, high = meaning
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def _meanings(old: Document, new: Document) -> Iterable[str]:
    for key in ("kind", "status"):
        before, after = _words_of_site(old, key), _words_of_site(new, key)
        for answer in dict.fromkeys([*before, *after]):
            if before.get(answer) != after.get(answer):
                yield _("«%(name)s»: «%(answer)s» significa %(after)s, antes %(before)s.") % {
                    "name": words_of(f"site.{key}"),
                    "answer": answer or _("lo demás"),
                    "after": after.get(answer) or _("nada"),
                    "before": before.get(answer) or _("nada"),
                }


def _words_of_site(document: Document, key: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for rule in getattr(document.site, key):
        if isinstance(rule, Choice):
            found.update(rule.meanings)
        elif isinstance(rule, Fixed):
            found[""] = rule.value
    return found


def _checks(old: Document, new: Document) -> Iterable[str]:
    before, after = {check.name: check for check in old.checks}, {check.name: check for check in new.checks}
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) == after.get(name):
            continue
        check = after.get(name) or before[name]
        words = {"name": name, "total": words_of(OBSERVE + check.total)}
        if name not in before:
            yield _("Se revisa una suma más, «%(name)s»: lo que debe dar «%(total)s».") % words
        elif name not in after:
            yield _("Ya no se revisa la suma «%(name)s», la de «%(total)s».") % words
        else:
            yield _("Cambió la suma «%(name)s», la de «%(total)s».") % words
