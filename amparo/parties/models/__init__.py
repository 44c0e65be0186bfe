"""The nouns of those who take part."""

from amparo.parties.models.contact import Contact
from amparo.parties.models.helper_link import HelperLink
from amparo.parties.models.kept_form import KeptForm
from amparo.parties.models.one_time_code import OneTimeCode
from amparo.parties.models.profile import Profile
from amparo.parties.models.remembered import Remembered
from amparo.parties.models.session import Session
from amparo.parties.models.token import ApiToken

__all__ = [
    "ApiToken",
    "Contact",
    "HelperLink",
    "KeptForm",
    "OneTimeCode",
    "Profile",
    "Remembered",
    "Session",
]
