from django.urls import path

from amparo.briefing.screens import helpers

urlpatterns = [
    path("helpers/", helpers.helpers_list, name="helpers"),
    path("helpers/link/", helpers.helper_link, name="helper_link"),
    path("helpers/<uuid:uid>/again/", helpers.helper_again, name="helper_again"),
    path("helpers/<uuid:uid>/extend/", helpers.helper_extend, name="helper_extend"),
    path("helpers/<uuid:uid>/end/", helpers.helper_end, name="helper_end"),
    path("help/<str:secret>/", helpers.helper_enter, name="helper_enter"),
]
