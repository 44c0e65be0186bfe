"""The form of a new record sent again by somebody who went back to it: the same record, no second one.

Going back, a browser asks for the page anew and puts there what had been typed: the same words under another token. So
the session remembers for a while under which mark (a keyed hash of the words) the last record of each form was made.
"""

import time
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from amparo.kernel.sealing import keyed_hash
from amparo.toolkit.resources.drafts import NEVER_KEPT

MADE = "made"
SECONDS = 900
MOST_FORMS = 3


def remember(request: HttpRequest, record: Any, token: str = "") -> None:
    """This form has made this record. `token`: the name of its hidden field, where it has one."""
    others = [(path, told) for path, told in request.session.get(MADE, {}).items() if path != request.path]
    told = [_mark(request, token), str(record.uid), time.time()]
    request.session[MADE] = dict([*others, (request.path, told)][-MOST_FORMS:])


def made_before(request: HttpRequest, token: str = "") -> UUID | None:
    """The record that just these words have made in this session a moment ago, if they were the last of this form."""
    mark, uid, at = request.session.get(MADE, {}).get(request.path, ("", "", 0.0))
    return UUID(uid) if uid and mark == _mark(request, token) and time.time() - at < SECONDS else None


def _mark(request: HttpRequest, token: str) -> str:
    said = request.POST.copy()
    for name in (*NEVER_KEPT, token):
        said.pop(name, None)
    return keyed_hash(said.urlencode(), purpose=MADE)
