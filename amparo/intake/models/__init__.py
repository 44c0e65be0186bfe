"""The nouns of what comes in."""

from amparo.intake.models.device import Device
from amparo.intake.models.draft import MappingDraft
from amparo.intake.models.form import Form, FormMedia, FormVersion
from amparo.intake.models.mapping import MappingVersion
from amparo.intake.models.message import Attachment, RawMessage
from amparo.intake.models.upload import SheetUpload

__all__ = [
    "Attachment",
    "Device",
    "Form",
    "FormMedia",
    "FormVersion",
    "MappingDraft",
    "MappingVersion",
    "RawMessage",
    "SheetUpload",
]
