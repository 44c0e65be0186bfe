from django.apps import AppConfig


class SitesConfig(AppConfig):
    name = "amparo.sites"

    def ready(self) -> None:
        from amparo.sites import subscribers  # noqa: F401 - connects them
