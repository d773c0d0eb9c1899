"""The one settings module. Everything that differs between machines is an environment variable.

README.md, "Configuration", documents each variable for whoever runs the site.
"""

import contextlib
import secrets
import sys
from pathlib import Path
from typing import Any, Final

import django_stubs_ext
import environ
from csp.constants import NONCE, NONE, SELF

# Lets Django's own classes carry type parameters (ModelAdmin[Song]) at run time too.
django_stubs_ext.monkeypatch()

ROOT: Final = Path(__file__).resolve().parent.parent
env = environ.Env()

# development: a sign-in for a researcher is made and printed, cookies work over plain http.
# production: the sign-in is not made, cookies and redirects demand https.
MUSICGEN_ENV: str = env("MUSICGEN_ENV", default="development")
DEVELOPMENT = MUSICGEN_ENV == "development"
DEBUG = env.bool("MUSICGEN_DEBUG", default=False)

# All state lives below this folder: database, uploads, runs, songs, Redis, the secret key.
DATA_DIR = Path(env("MUSICGEN_DATA_DIR", default=str(ROOT / "var"))).resolve()
UPLOAD_DIR = DATA_DIR / "uploads"
try:
    UPLOAD_DIR.mkdir(parents=True, exist_ok=True)
except OSError as error:
    # Nothing works without it, and whoever started this reads one line more easily than a traceback.
    sys.exit(f"musicgen: cannot write to the data folder {DATA_DIR}: {error}. Set MUSICGEN_DATA_DIR.")

MUSICGEN_HOST: str = env("MUSICGEN_HOST", default="127.0.0.1")
MUSICGEN_PORT: int = env.int("MUSICGEN_PORT", default=8000)


def _secret_key() -> str:
    """The key of this data folder, made on its first start and readable by its owner alone."""
    path = DATA_DIR / "secret_key"
    if not path.exists():
        fresh = DATA_DIR / f".secret_key.{secrets.token_hex(8)}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):  # another process was first: its key is taken
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_text()


SECRET_KEY = env("SECRET_KEY", default="") or _secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", MUSICGEN_HOST])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "musicgen_site",
    "papers",
    "listening",
    "generator",
    "training",
    "accounts",
    "allauth",
    "allauth.account",
    "axes",
    "csp",
    "django_htmx",
    "django_rq",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "musicgen_site.compression.CompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.ListenerMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "musicgen_site.api.limits.ApiLimitMiddleware",
    "musicgen_site.api.idempotency.IdempotencyMiddleware",
]

ROOT_URLCONF = "musicgen_site.urls"
WSGI_APPLICATION = "musicgen_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "accounts.context_processors.roles",
            ],
        },
    },
]

# --- database -------------------------------------------------------------------------------

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "musicgen_site.sqlite"
    DATABASES["default"]["OPTIONS"] = {
        # FULL: an acknowledged write survives a power cut. IMMEDIATE: a transaction that will
        # write waits for the lock at its start instead of failing in its middle.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
else:
    DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
    DATABASES["default"].setdefault("CONN_HEALTH_CHECKS", True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- queues ---------------------------------------------------------------------------------

# A socket inside the data folder: no port to clash over, and only its owner can connect.
REDIS_SOCKET = DATA_DIR / "redis" / "redis.sock"
REDIS_URL: str = env("REDIS_URL", default=f"unix://{REDIS_SOCKET}?db=0")
# Ties a process to the one that started it: see the file.
LEASH = ROOT / "musicgen_site" / "supervision" / "leash.py"
# Runs that need a GPU wait on a queue of their own, on which workers with one work.
QUEUES: Final = ("compose", "render", "encode", "ingest", "train", "train-gpu")
RQ_QUEUES = {name: {"URL": REDIS_URL, "SERIALIZER": "rq.serializers.JSONSerializer"} for name in QUEUES}

# --- listening tests ------------------------------------------------------------------------

# Whoever answers faster than this has not listened.
MUSICGEN_VERDICT_GAP_SECONDS: float = env.float("MUSICGEN_VERDICT_GAP_SECONDS", default=10.0)
MUSICGEN_VERDICTS_A_DAY: int = env.int("MUSICGEN_VERDICTS_A_DAY", default=100)  # of one listener
MUSICGEN_VERDICTS_A_MINUTE: int = env.int("MUSICGEN_VERDICTS_A_MINUTE", default=30)  # from one address

# Pieces that the site composes at each step of a shipped training while nobody waits, to compare steps by.
MUSICGEN_STEP_TAKES: int = env.int("MUSICGEN_STEP_TAKES", default=2)

# --- accounts -------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = env("MUSICGEN_EMAIL_VERIFICATION", default="none")
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="musicgen@localhost")

AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "account/locked_out.html"
AXES_DISABLE_ACCESS_LOG = True

# --- language and time ----------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# --- files ----------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [ROOT / "static"]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Machines that share no disk share what is finished through an S3 bucket, see docs/deploy.md.
MUSICGEN_S3_BUCKET: str = env("MUSICGEN_S3_BUCKET", default="")
if MUSICGEN_S3_BUCKET:
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": MUSICGEN_S3_BUCKET,
            "endpoint_url": env("MUSICGEN_S3_ENDPOINT", default="") or None,
            "region_name": env("MUSICGEN_S3_REGION", default="") or None,
            "location": env("MUSICGEN_S3_PREFIX", default=""),
            "file_overwrite": True,
            "default_acl": None,
            "addressing_style": "path",
        },
    }
# Public keys (hex) of sites whose signed checkpoints may be loaded here, beside this site's own.
MUSICGEN_TRUSTED_KEYS: list[str] = env.list("MUSICGEN_TRUSTED_KEYS", default=[])
MEDIA_ROOT = DATA_DIR  # nothing below it is served by address; views decide who may have what
FILE_UPLOAD_TEMP_DIR = UPLOAD_DIR
MUSICGEN_UPLOAD_MAX_BYTES: int = env.int("MUSICGEN_UPLOAD_MAX_BYTES", default=2 * 1024**3)
# In one file that is sent piece by piece, or lies on this server.
MUSICGEN_DATASET_MAX_BYTES: int = env.int("MUSICGEN_DATASET_MAX_BYTES", default=64 * 1024**3)
DATA_UPLOAD_MAX_NUMBER_FILES = 2000  # MIDI files in one form

# --- room and time --------------------------------------------------------------------------

# For each user, unless the operator makes an exception in the admin; 0 for no limit.
QUOTA_DISK_BYTES: int = env.int("MUSICGEN_QUOTA_DISK_BYTES", default=0)
QUOTA_TRAIN_HOURS: float = env.float("MUSICGEN_QUOTA_TRAIN_HOURS", default=0.0)  # in thirty days

# --- programs -------------------------------------------------------------------------------

API_TOKEN_LIMIT: int = env.int("MUSICGEN_API_TOKEN_LIMIT", default=600)  # requests a minute
API_ADDRESS_LIMIT: int = env.int("MUSICGEN_API_ADDRESS_LIMIT", default=120)  # the same, without a token
# How many proxies stand before the site and add to X-Forwarded-For; 0 believes none.
MUSICGEN_PROXIES: int = env.int("MUSICGEN_PROXIES", default=0)

# Whoever shows it may read /metrics; without one there is no such page.
METRICS_TOKEN: str = env("MUSICGEN_METRICS_TOKEN", default="")

# --- safety ---------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        # The decoder of the soundfont is WebAssembly; strings stay unevaluated all the same.
        "script-src": [SELF, NONCE, "'wasm-unsafe-eval'"],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],  # uPlot and the score draw small icons as data
        "font-src": [SELF],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
if not DEVELOPMENT:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{levelname} {name}: {message}", "style": "{"},
        "json": {"()": "musicgen_site.operating.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env("MUSICGEN_LOG_FORMAT", default="plain"),
        }
    },
    "root": {"handlers": ["console"], "level": env("MUSICGEN_LOG_LEVEL", default="INFO")},
    "loggers": {"django.server": {"level": "WARNING"}, "axes": {"level": "WARNING"}},
}
