from django.apps import AppConfig


class CrisesConfig(AppConfig):
    name = "amparo.crises"

    def ready(self) -> None:
        from amparo.crises import subscribers  # noqa: F401 - connects them
