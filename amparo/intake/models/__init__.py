"""The nouns of what comes in."""

from amparo.intake.models.device import Device
from amparo.intake.models.form import Form, FormMedia, FormVersion
from amparo.intake.models.mapping import MappingVersion
from amparo.intake.models.message import Attachment, RawMessage

__all__ = ["Attachment", "Device", "Form", "FormMedia", "FormVersion", "MappingVersion", "RawMessage"]
