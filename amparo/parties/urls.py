"""The addresses of the doors and of accounts. Of allauth's, only those that are used."""

from allauth.account import views as account
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as papers
from allauth.mfa.totp import views as codes
from allauth.mfa.webauthn import views as keys
from django.urls import path
from django.views.decorators.http import require_safe

from amparo.parties.resources import ACCOUNTS
from amparo.parties.views import accounts, entrance, factor, organisations, own
from amparo.parties.views.codes import CodesScreen
from amparo.toolkit.doors import known

urlpatterns = [
    path("login/code/", entrance.code_enter, name="code_enter"),
    path("login/second/", factor.SecondStep.as_view(), name="mfa_authenticate"),
    path("kept/<uuid:uid>/", entrance.kept_form, name="kept_form"),
    path("kept/<uuid:uid>/send/", entrance.kept_form_open, name="kept_form_open"),
    path("account/", own.my_account, name="my_account"),
    path("account/session/", own.session_end, name="session_end"),
    path("account/password/", own.password_change, name="account_change_password"),
    path("account/again/", account.reauthenticate, name="account_reauthenticate"),
    path("account/again/code/", factors.reauthenticate, name="mfa_reauthenticate"),
    path("account/again/key/", factor.KeyAgain.as_view(), name="mfa_reauthenticate_webauthn"),
    path("account/second/", factor.factors_page, name="mfa_index"),
    path("account/second/app/", known(codes.activate_totp), name="mfa_activate_totp"),
    path("account/second/app/remove/", known(codes.deactivate_totp), name="mfa_deactivate_totp"),
    path("account/second/papers/", require_safe(papers.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "account/second/papers/new/",
        known(papers.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path("account/second/keys/", factor.factors_page, name="mfa_list_webauthn"),
    path("account/second/keys/add/", known(factor.key_add), name="mfa_add_webauthn"),
    path("account/second/keys/<int:pk>/remove/", known(keys.remove_webauthn), name="mfa_remove_webauthn"),
    path("account/tokens/new/", own.token_make, name="token_make"),
    path("account/tokens/<uuid:uid>/revoke/", own.token_revoke, name="token_revoke"),
    path("accounts/codes/", ACCOUNTS.guard(CodesScreen.as_view(resource=ACCOUNTS)), name="account_codes"),
    path("accounts/new/", accounts.account_new, name="account_new"),
    path("accounts/<uuid:uid>/", accounts.account_page, name="account_page"),
    path("accounts/<uuid:uid>/renew/", accounts.account_renew, name="account_renew"),
    path("accounts/<uuid:uid>/end/", accounts.account_end, name="account_end"),
    path("accounts/<uuid:uid>/code/", accounts.account_code, name="account_code"),
    path("accounts/<uuid:uid>/second/", accounts.account_factors, name="account_factors"),
    path("accounts/<uuid:uid>/sessions/", accounts.account_sessions_end, name="account_sessions_end"),
    path("accounts/<uuid:uid>/roles/new/", accounts.role_give, name="role_give"),
    path("accounts/<uuid:uid>/roles/<int:pk>/end/", accounts.role_end, name="role_end"),
    path("organisations/<uuid:uid>/", organisations.organisation_page, name="organisation_page"),
    path("organisations/<uuid:uid>/contacts/new/", organisations.contact_edit, name="contact_new"),
    path(
        "organisations/<uuid:uid>/contacts/<uuid:contact>/", organisations.contact_edit, name="contact_edit"
    ),
    path(
        "organisations/<uuid:uid>/contacts/<uuid:contact>/remove/",
        organisations.contact_remove,
        name="contact_remove",
    ),
]
