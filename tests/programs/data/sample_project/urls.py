"""The project's one address."""

from django.urls import path

from library.views import books

urlpatterns = [path("books/", books, name="books")]
