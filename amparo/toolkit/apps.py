from django.apps import AppConfig


class ToolkitConfig(AppConfig):
    name = "amparo.toolkit"
    label = "toolkit"
