from django.apps import AppConfig


class PartiesConfig(AppConfig):
    name = "amparo.parties"
    label = "parties"

    def ready(self) -> None:
        from amparo.parties import subscribers  # noqa: F401
