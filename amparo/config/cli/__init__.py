"""`amparo`: the command line of one installation."""

import os
import sys


def main() -> None:
    """Entry point of `.venv/bin/amparo`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.config.settings")
    import django

    django.setup(set_prefix=False)
    from django.utils import translation

    translation.activate("en" if os.environ.get("AMPARO_LANGUAGE", "es").startswith("en") else "es")
    from amparo.config.cli.commands import amparo
    from amparo.config.cli.talk import in_words

    sys.exit(in_words(amparo))
