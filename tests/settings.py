"""The site's settings for tests: an empty data folder of their own, whatever the machine is set up for."""

import atexit
import os
import shutil
import tempfile

# Inherited by the processes that tests start; another for each of the processes that share the tests.
_MARK = "MUSICGEN_TEST_DATA_DIR_" + os.environ.get("PYTEST_XDIST_WORKER", "0")

if _MARK not in os.environ:
    os.environ[_MARK] = tempfile.mkdtemp(prefix="musicgen-test-")
    atexit.register(shutil.rmtree, os.environ[_MARK], ignore_errors=True)
    os.environ["MUSICGEN_DATA_DIR"] = os.environ[_MARK]
    os.environ["MUSICGEN_ENV"] = "development"
    for name in ("REDIS_URL", "MUSICGEN_DEBUG", "MUSICGEN_UPLOAD_MAX_BYTES"):
        os.environ.pop(name, None)

from musicgen_site.settings import *  # noqa: E402, F403
from musicgen_site.settings import DATA_DIR, DATABASES, STORAGES  # noqa: E402

# A file, not memory: workers in processes of their own must see what a test wrote.
if DATABASES["default"]["ENGINE"] == "musicgen_site.sqlite":
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
(DATA_DIR / "static").mkdir(exist_ok=True)  # empty; nobody collects files for tests
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick; nothing to protect here
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
