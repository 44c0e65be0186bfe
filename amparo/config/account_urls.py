from django.urls import path

from amparo.config import account

urlpatterns = [
    path("login/", account.Login.as_view(), name="login"),
    path("logout/", account.logout, name="logout"),
    path("language/", account.set_language, name="set_language"),
    path("trust/", account.trust, name="trust"),
    path("trust/ca.crt", account.authority, name="authority"),
    path("healthz", account.alive, name="alive"),
]
