"""A finished form that a browser sealed: taken out of its envelope, received like a phone's."""

from django.utils.translation import gettext as _

from amparo.intake.actions.receiving import Incoming, Receipt, receive
from amparo.intake.models import RawMessage
from amparo.intake.openrosa.submission_xml import identify
from amparo.intake.permissions import Intake
from amparo.intake.photos import bare
from amparo.intake.queries.forms import find_version
from amparo.intake.web.author import author_of
from amparo.intake.web.package import unpack
from amparo.kernel.access import require_anywhere
from amparo.kernel.classes import DataClass
from amparo.kernel.dropbox import UnknownKey, take_out
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.kernel.sealing import BrokenSeal


def deliver(sealed: bytes, *, by: User) -> Receipt:
    """Make a sealed form durable; return its receipt. The same form again is the same folio.

    `by` brings it; its author is whoever the envelope proves, else `by`. Raises `Refused` in words: "unknown_key"
    (sealed for another installation), "broken_seal", and what `receive` and `find_version` raise.
    """
    require_anywhere(by, Intake.SEND)
    try:
        package = unpack(take_out(sealed))
    except UnknownKey as error:
        raise Refused(
            "unknown_key",
            _("Se selló para otro equipo central. Sigue en el teléfono; avise a quien coordina."),
        ) from error
    except BrokenSeal as error:
        raise Refused(
            "broken_seal", _("Llegó dañado. Sigue en el teléfono y se enviará otra vez."), status=400
        ) from error
    identity = identify(package.xml)
    form, version = find_version(identity.form_id, identity.version)
    author = author_of(package.author) or by
    return receive(
        Incoming(
            form_id=form.form_id,
            instance_id=identity.instance_id,
            fingerprint=identity.fingerprint,
            content=package.xml,
            by=author,
            holder_id=author.organisation_id,
            form_version=version,
            replaces=identity.deprecated_id,
            channel=RawMessage.Channel.WEB,
            content_class=DataClass(form.answers_class),
            attachments=tuple((name, bare(content)) for name, content in package.files),
        )
    )
