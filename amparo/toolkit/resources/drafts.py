"""What someone was typing when their session ended: kept an hour, sealed, for the same person only.

A form sent by nobody known is sealed into the session, never into an address. After log-in the form opens with it.
The form carries a mark of whose it is (`mark_of`), so that the next person at the same device does not see it.
"""

import base64
import json
import time
from typing import Any

from django.http import HttpRequest, QueryDict

from amparo.kernel.classes import DataClass
from amparo.kernel.sealing import BrokenSeal, keyed_hash, seal, unseal

WHO = "_who"
KEPT = "drafts"
SECONDS = 3600
MOST_BYTES = 64 * 1024
MOST_FORMS = 3
NEVER_KEPT = frozenset({"csrfmiddlewaretoken", WHO})


def mark_of(user: Any) -> str:
    """Says whose a form is without saying who it is."""
    return keyed_hash(str(user.uid), purpose="draft")[:32]


def keep(request: HttpRequest) -> None:
    """Seal what was sent into the session, if it is one of our forms."""
    if request.method != "POST" or not request.POST.get(WHO):
        return
    said = request.POST.copy()
    for name in NEVER_KEPT:
        said.pop(name, None)
    content = json.dumps(
        {"who": request.POST[WHO], "at": time.time(), "said": said.urlencode()}, ensure_ascii=False
    ).encode()
    if len(content) > MOST_BYTES:
        return
    sealed = seal(content, DataClass.PERSONAL, context=f"draft {request.path}")
    others = [(path, kept) for path, kept in request.session.get(KEPT, {}).items() if path != request.path]
    request.session[KEPT] = dict([*others, (request.path, base64.b64encode(sealed).decode())][-MOST_FORMS:])


def kept_for(request: HttpRequest) -> QueryDict | None:
    """What this person had typed into the form of this address; None when there is nothing, or not theirs."""
    stored = request.session.get(KEPT, {}).get(request.path)
    if stored is None:
        return None
    try:
        content = unseal(base64.b64decode(stored), DataClass.PERSONAL, context=f"draft {request.path}")
        draft = json.loads(content)
    except (BrokenSeal, ValueError):
        forget(request)
        return None
    if draft["who"] != mark_of(request.user) or time.time() - draft["at"] > SECONDS:
        forget(request)
        return None
    return QueryDict(draft["said"])


def forget(request: HttpRequest) -> None:
    """Nothing is kept of this address any more."""
    stored = request.session.get(KEPT, {})
    if stored.pop(request.path, None) is not None:
        request.session[KEPT] = stored
