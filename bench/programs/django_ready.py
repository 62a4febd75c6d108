"""Django as a management command needs it: configured, applications loaded, models known."""

import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
    ],
    SECRET_KEY="only for measuring",
    USE_TZ=True,
)
django.setup()
