from django.urls import path

from amparo.briefing.screens import crises, forms, messages, phones

urlpatterns = [
    path("forms/", forms.forms_list, name="forms"),
    path("forms/upload/", forms.form_upload, name="form_upload"),
    path("forms/<uuid:uid>/", forms.form_page, name="form_page"),
    path("forms/<uuid:uid>/source", forms.form_source, name="form_source"),
    path("phones/", phones.phones_list, name="phones"),
    path("phones/enrol/", phones.phone_enrol, name="phone_enrol"),
    path("phones/<uuid:uid>/", phones.phone_page, name="phone_page"),
    path("phones/<uuid:uid>/revoke/", phones.phone_revoke, name="phone_revoke"),
    path("messages/", messages.messages_list, name="messages"),
    path("messages/<uuid:uid>/", messages.message_page, name="message_page"),
    path("crises/", crises.crises_list, name="crises"),
    path("crises/new/", crises.crisis_new, name="crisis_new"),
    path("crises/<uuid:uid>/", crises.crisis_edit, name="crisis_edit"),
]
