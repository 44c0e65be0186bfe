from django.urls import path

from amparo.config import account, beginning, health

urlpatterns = [
    path("login/", account.Login.as_view(), name="login"),
    path("login/", account.Login.as_view(), name="account_login"),  # as allauth calls it
    path("logout/", account.logout, name="logout"),
    path("language/", account.set_language, name="set_language"),
    path("trust/", account.trust, name="trust"),
    path("trust/ca.crt", account.authority, name="authority"),
    path("begin/", beginning.begin_view, name="begin"),
    path("health/", health.health, name="health"),
    path("health/backups/", health.backups, name="backups"),
    path("healthz", account.alive, name="alive"),
]
