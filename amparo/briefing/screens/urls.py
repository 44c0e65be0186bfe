from django.urls import path

from amparo.briefing.screens import answers, fill, forms, messages, phones

urlpatterns = [
    path("forms/upload/", forms.form_upload, name="form_upload"),
    path("forms/<uuid:uid>/", forms.form_page, name="form_page"),
    path("forms/<uuid:uid>/preview/", forms.form_preview, name="form_preview"),
    path("forms/<uuid:uid>/<int:pk>/form.xml", forms.form_xml, name="form_xml"),
    path("forms/<uuid:uid>/retire/", forms.form_retire, name="form_retire"),
    path("forms/<uuid:uid>/fill/", fill.form_fill, name="form_fill"),
    path("fill/", fill.fill_list, name="fill_list"),
    path("fill/queue/", fill.fill_queue, name="fill_queue"),
    path("fill/rescue/", fill.fill_rescue, name="fill_rescue"),
    path("fill/forms/<uuid:uid>/<int:pk>/form.xml", fill.fill_form_xml, name="fill_form_xml"),
    path("fill/forms/<uuid:uid>/<int:pk>/media/<int:media>", fill.fill_form_media, name="fill_form_media"),
    path("sw.js", fill.service_worker, name="service_worker"),
    path("forms/<uuid:uid>/answers.<slug:form>", answers.form_answers, name="form_answers"),
    path("forms/<uuid:uid>/source", forms.form_source, name="form_source"),
    path("phones/enrol/", phones.phone_enrol, name="phone_enrol"),
    path("phones/<uuid:uid>/", phones.phone_page, name="phone_page"),
    path("phones/<uuid:uid>/secret/", phones.phone_secret, name="phone_secret"),
    path("messages/<uuid:uid>/", messages.message_page, name="message_page"),
]
