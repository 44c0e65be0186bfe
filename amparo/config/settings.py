"""Settings of one installation, read from its home folder. There is no second settings file."""

import os
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

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
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_tasks",
    "django_tasks_db",
    "amparo.kernel",
    "amparo.toolkit",
    "amparo.places",
    "amparo.parties",
    "amparo.crises",
    "amparo.sites",
    "amparo.intake",
    "amparo.briefing",
    "allauth.account",  # after ours: our templates come first
    "allauth.mfa",
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
    "allauth.account.middleware.AccountMiddleware",
    "amparo.parties.middleware.doorkeeper",
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
                    "PRAGMA cache_size=-8000;"
                    "PRAGMA mmap_size=1073741824;"
                ),
            },
            "TEST": {"NAME": Path(tempfile.gettempdir()) / f"amparo-test-{os.getpid()}.sqlite3"},
        }
    }

AUTH_USER_MODEL = "kernel.User"
AUTHENTICATION_BACKENDS = ["amparo.kernel.backend.PeopleBackend"]
PASSWORD_HASHERS = ["amparo.kernel.passwords.Argon2id"]
if TESTING:
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "amparo.parties.passwords.LongEnough"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "amparo.parties.passwords.NotOfHere"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "board"
LOGOUT_REDIRECT_URL = "login"
SESSION_ENGINE = "amparo.parties.sessions"
SESSION_COOKIE_AGE = 24 * 3600  # the longest anybody has (helpers); every role has its own, shorter limits

# Log-in (ADR 0015): allauth, by account name, without e-mail and without open sign-up.
ACCOUNT_ADAPTER = "amparo.config.account.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_FORMS = {
    "login": "amparo.parties.forms.entrance.LoginForm",
    "reauthenticate": "amparo.parties.forms.entrance.AgainForm",
    "change_password": "amparo.parties.forms.entrance.ChangeForm",
}
# A centre shares one address: many may come through it; one account may be tried five times in five minutes.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "30/m/ip,5/300s/key"}
MFA_ADAPTER = "amparo.parties.doors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # clocks of boxes without internet drift
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "amparo.parties.forms.entrance.CodeForm",
    "reauthenticate": "amparo.parties.forms.entrance.CodeAgainForm",
    "activate_totp": "amparo.parties.forms.entrance.SetCodesForm",
    "add_webauthn": "amparo.parties.forms.entrance.AddKeyForm",
}
AMPARO_SECOND_FACTOR = True  # obligatory for the roles that ask for it, outside the exercise
AMPARO_TOKENS = "amparo.parties.actions.bearers.bearer"
# What the doors remember (attempts, used codes), and whom a text message answered, is in the database: known to all
# processes, kept over a restart.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "parties_remembered",
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    }
}
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# Cookies are marked secure when the server itself speaks HTTPS (`amparo serve --lan`).
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = os.environ.get("AMPARO_HTTPS") == "1"
CERTIFICATE_ENDS_AT = None  # of a certificate brought from outside: `amparo serve --cert` tells
LAN_SERVED = (
    False  # whether browsers are answered by the certificate of the local network: `amparo serve --lan` tells
)

# Post goes to files in the home folder until an address of a mail server is given: smtp://user:secret@host:587
_POST = urlsplit(os.environ.get("AMPARO_SMTP_URL", ""))
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = HOME.path / "outbox"
if _POST.hostname:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _POST.hostname, _POST.port or 587
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_POST.username or ""), unquote(_POST.password or "")
    EMAIL_USE_TLS, EMAIL_USE_SSL = _POST.scheme == "smtp", _POST.scheme == "smtps"
    EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = os.environ.get("AMPARO_MAIL_FROM", "amparo@localhost")

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
AMPARO_RESOURCES = "amparo.config.resources.RESOURCES"
AMPARO_MENU = "amparo.config.menu.MENU"
AMPARO_SMS = "amparo.intake.sms.gateways.Folder"  # who carries text messages
AMPARO_CENTRAL_NUMBER = os.environ.get(
    "AMPARO_CENTRAL_NUMBER", ""
).strip()  # where centres send texts and call
AMPARO_RESERVE_BYTES = 200 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("AMPARO_LOG", "WARNING")},
}
