"""`amparo`: the command line of one installation."""

import os
import sys


def main() -> None:
    """Entry point of `.venv/bin/amparo`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.config.settings")
    import django

    django.setup(set_prefix=False)
    from django.utils import translation

    from amparo.config.cli.click_words import name_in_spanish, speak_spanish

    english = os.environ.get("AMPARO_LANGUAGE", "es").startswith("en")
    translation.activate("en" if english else "es")
    if not english:
        speak_spanish()
    from amparo.config.cli.commands import amparo
    from amparo.config.cli.talk import in_words

    if not english:
        name_in_spanish(amparo)
    sys.exit(in_words(amparo))
