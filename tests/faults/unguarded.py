"""`amparo` without the self-check that refuses to serve: to show what it guards against.

With AMPARO_TESTING=1 and AMPARO_TEST_SYNCHRONOUS=NORMAL the database is opened carelessly, which it would see.
"""

import sys

from amparo.config.cli import main

if __name__ == "__main__":
    import os

    os.environ["DJANGO_SETTINGS_MODULE"] = "amparo.config.settings"
    import django

    django.setup(set_prefix=False)
    from amparo.config import serving

    serving.refuse_to_serve = lambda: None
    sys.exit(main())
