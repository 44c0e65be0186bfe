"""Every address of the house. A test compares this list with the declared table of who may open what."""

from django.urls import include, path

from amparo.config.resources import RESOURCES
from amparo.toolkit.imports.urls import import_urls
from amparo.toolkit.resources.api import contents, served
from amparo.toolkit.resources.urls import urls

urlpatterns = [
    path("", include("amparo.config.account_urls")),
    path("", include("amparo.parties.urls")),
    *urls(RESOURCES),
    *import_urls(RESOURCES),
    path("api/v1/", contents(RESOURCES), name="api_root"),
    path("api/v1/", served(RESOURCES).urls),
    path("", include("amparo.briefing.urls")),
    path("", include("amparo.intake.urls")),
    path("", include("amparo.briefing.screens.urls")),
    path("", include("amparo.briefing.screens.mapping_urls")),
    path("", include("amparo.briefing.screens.helper_urls")),
]

handler400 = "amparo.config.account.bad_request"
handler403 = "amparo.config.account.forbidden"
handler404 = "amparo.config.account.not_found"
handler500 = "amparo.config.account.server_error"
