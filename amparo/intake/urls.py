from django.urls import path

from amparo.intake.views import openrosa, web

urlpatterns = [
    path("openrosa/formList", openrosa.form_list_view, name="openrosa_form_list"),
    path("openrosa/forms/<uuid:uid>/<int:pk>/form.xml", openrosa.form_view, name="openrosa_form"),
    path("openrosa/forms/<uuid:uid>/<int:pk>/manifest.xml", openrosa.manifest_view, name="openrosa_manifest"),
    path("openrosa/forms/<uuid:uid>/<int:pk>/media/<int:media>", openrosa.media_view, name="openrosa_media"),
    path("openrosa/submission", openrosa.submission_view, name="openrosa_submission"),
    path("fill/send", web.web_submission, name="web_submission"),
]
