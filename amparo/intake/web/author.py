"""Who filled a form, as this installation told the browser when that person had logged in.

The token travels inside the sealed envelope. So a form keeps its author when somebody else's log-in delivers it: the
next shift on a shared phone, or the committee with a rescue file.
"""

from uuid import UUID

from django.core.signing import BadSignature, Signer

from amparo.kernel.models import User
from amparo.kernel.sealing import signing_key


def _signer() -> Signer:
    return Signer(key=signing_key("web form author").hex(), salt="author", sep="~")


def token_for(user: User) -> str:
    """To be put into every form that this person fills."""
    return _signer().sign(str(user.uid))


def author_of(token: str) -> User | None:
    """The person of a token of ours; None for any other text. The account may have ended since."""
    try:
        uid = UUID(_signer().unsign(token))
    except (BadSignature, ValueError):
        return None
    return User.objects.select_related("organisation").filter(uid=uid, kind=User.Kind.PERSON).first()
