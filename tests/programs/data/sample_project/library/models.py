"""Authors and their books."""

from django.db import models


class Author(models.Model):
    """Somebody who writes."""

    name = models.CharField(max_length=50, unique=True)


class Book(models.Model):
    """Something written."""

    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    title = models.CharField(max_length=100)
    pages = models.PositiveIntegerField(default=1)

    def __str__(self):
        return f"{self.title} by {self.author.name}"
