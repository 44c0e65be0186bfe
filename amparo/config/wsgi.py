"""The WSGI application that granian serves."""

from amparo.config.processes import end_with_parent

end_with_parent()

import django  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

django.setup(set_prefix=False)
application = get_wsgi_application()
