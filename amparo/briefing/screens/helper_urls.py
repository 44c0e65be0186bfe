from django.urls import path

from amparo.briefing.screens import helping

urlpatterns = [
    path("helpers/", helping.helpers_list, name="helpers"),
    path("helpers/link/", helping.helper_link, name="helper_link"),
    path("helpers/<uuid:uid>/again/", helping.helper_again, name="helper_again"),
    path("helpers/<uuid:uid>/extend/", helping.helper_extend, name="helper_extend"),
    path("helpers/<uuid:uid>/end/", helping.helper_end, name="helper_end"),
    path("help/<str:secret>/", helping.helper_enter, name="helper_enter"),
]
