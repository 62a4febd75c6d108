# packages: django
# files: sample_project
"""Migrations are made and applied on SQLite; models, forms, templates, a test client."""

import os
import shutil
import sys

sys.path.insert(0, "sample_project")
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"

import django  # noqa: E402
from django.core.management import call_command  # noqa: E402

django.setup()
call_command("makemigrations", "library", name="first", include_header=False)
call_command("migrate", no_color=True)
call_command("migrate", check_unapplied=True)

from django.contrib.auth.models import User  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.test import Client  # noqa: E402
from library.models import Author, Book  # noqa: E402

ada = Author.objects.create(name="Ada")
Book.objects.bulk_create(Book(author=ada, title=f"Book {n}", pages=n * 100) for n in range(1, 5))
print(Book.objects.filter(author__name="Ada", pages__gt=100).aggregate(
    total=models.Sum("pages"), mean=models.Avg("pages")))
print([str(book) for book in Book.objects.select_related("author").order_by("-pages")[:2]])
print(Author.objects.annotate(n=models.Count("book")).values_list("name", "n"))
user = User.objects.create_user("user", password="secret")
print(user.check_password("secret"), user.check_password("wrong"), user.pk)
client = Client()
print(client.get("/books/").content.decode(), client.get("/none/").status_code)
print(client.post("/books/", {"title": "New", "pages": "no number"}).content.decode())
connection.close()
os.remove("sample_project/database.sqlite3")
# Compiled from a file written just now: its time would be in it.
shutil.rmtree("sample_project/library/migrations/__pycache__")
