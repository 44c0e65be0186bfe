"""`amparo` without the self-check that refuses to serve: to show what it guards against.

With AMPARO_TESTING=1 and AMPARO_TEST_SYNCHRONOUS=NORMAL the database is opened carelessly, which it would see.
"""

import os

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "amparo.config.settings"
    django.setup(set_prefix=False)
    from amparo.config import cli, serving

    serving.refuse_to_serve = list
    cli.main()


if __name__ == "__main__":
    main()
