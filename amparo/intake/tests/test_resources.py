"""Messages, forms and phones keep the promise of every Resource."""

from amparo.intake.actions.receiving import Incoming, receive_here
from amparo.intake.models import Device, Form, RawMessage
from amparo.intake.resources import FormResource, MessageResource, PhoneResource
from amparo.intake.testing import filled, form, phone
from amparo.toolkit.testing import ResourceContract


class TestMessages(ResourceContract):
    resource = MessageResource()

    def make(self, number: int, *, here: bool = True) -> RawMessage:
        name = f"Brigada {'propia' if here else 'ajena'}"
        known = Device.objects.filter(label=name).first()
        sender = known or phone(name, scope="TST/" if here else "ABC/").device
        content = filled(f"uuid:{number}-{here}", form_id="otro")
        incoming = Incoming(
            "otro",
            f"uuid:{number}-{here}",
            b"%d" % number,
            content,
            by=sender.user,
            holder_id=sender.holder_id,
        )
        message = receive_here(incoming)
        RawMessage.objects.filter(pk=message.pk).update(state="waiting", reason="no_site")
        return RawMessage.objects.get(pk=message.pk)


class TestForms(ResourceContract):
    resource = FormResource()
    for_everybody = True

    def make(self, number: int, *, here: bool = True) -> Form:
        return form(f"formulario-{number:02d}", bound=False)


class TestPhones(ResourceContract):
    resource = PhoneResource()

    def make(self, number: int, *, here: bool = True) -> Device:
        return phone(f"Equipo {number:02d}", scope="TST/" if here else "ABC/").device
