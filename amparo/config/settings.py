"""Settings of one installation, read from its home folder. There is no second settings file."""

import os
import tempfile
from pathlib import Path

from amparo.config.home import CHECKOUT, Home, find_home, postgres_settings

HOME = find_home()
if "PYTEST_VERSION" in os.environ and "AMPARO_HOME" not in os.environ:
    HOME = Home(Path(tempfile.gettempdir()) / f"amparo-test-home-{os.getpid()}")  # tests touch nobody's data
TESTING = os.environ.get("AMPARO_TESTING") == "1" or "PYTEST_VERSION" in os.environ

DEBUG = False


def _secret_key() -> str:
    path = HOME.keys / "django.key"
    if path.is_file():
        return path.read_text().strip()
    return "not-initialised" if not TESTING else "tests-only"


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = ["*"]  # a centre box is reached by whatever address the local network gives it
ROOT_URLCONF = "amparo.config.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_tasks",
    "django_tasks_db",
    "amparo.kernel",
    "amparo.toolkit",
    "amparo.places",
    "amparo.crises",
    "amparo.sites",
    "amparo.intake",
    "amparo.briefing",
]

MIDDLEWARE = [
    "amparo.config.middleware.security_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "amparo.config.middleware.refusals_in_words",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "amparo.config.context.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "amparo.toolkit.templatetags.toolkit",
            ],
        },
    }
]

# An acknowledged write survives a power cut: WAL with synchronous=FULL (ADR 0004). The self-check reads it back.
SQLITE_SYNCHRONOUS = "FULL"
if TESTING and os.environ.get("AMPARO_TEST_SYNCHRONOUS"):
    SQLITE_SYNCHRONOUS = os.environ["AMPARO_TEST_SYNCHRONOUS"]

if os.environ.get("AMPARO_DATABASE_URL"):
    DATABASES = {"default": postgres_settings(os.environ["AMPARO_DATABASE_URL"])}
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": HOME.database,
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL;"
                    f"PRAGMA synchronous={SQLITE_SYNCHRONOUS};"
                    "PRAGMA foreign_keys=ON;"
                    "PRAGMA temp_store=MEMORY;"
                    "PRAGMA cache_size=-32000;"
                    "PRAGMA mmap_size=1073741824;"
                ),
            },
            "TEST": {"NAME": Path(tempfile.gettempdir()) / f"amparo-test-{os.getpid()}.sqlite3"},
        }
    }

AUTH_USER_MODEL = "kernel.User"
AUTHENTICATION_BACKENDS = ["amparo.kernel.backend.PeopleBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
if TESTING:
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "board"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# Cookies are marked secure when the server itself speaks HTTPS (`amparo serve --lan`).
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = os.environ.get("AMPARO_HTTPS") == "1"

LANGUAGE_CODE = "es"
LANGUAGES = [("es", "Español"), ("en", "English")]
LOCALE_PATHS = [CHECKOUT / "amparo" / "locale"]
LANGUAGE_COOKIE_NAME = "language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("AMPARO_TIME_ZONE", "America/Tegucigalpa")
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"^.+[.-][0-9A-Za-z_-]{8,12}\..+$"

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# What OpenRosa clients may send at once; Collect splits larger submissions (X-OpenRosa-Accept-Content-Length).
SUBMISSION_LIMIT = 10 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

AMPARO_ROLES = "amparo.config.roles.ROLES"
AMPARO_RESERVE_BYTES = 200 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("AMPARO_LOG", "WARNING")},
}
