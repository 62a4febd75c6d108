"""Lists books, or says what is wrong with a new one."""

from django import forms
from django.http import HttpResponse
from django.template import engines
from django.views.decorators.csrf import csrf_exempt

from library.models import Book

TEXT = "{% for book in books %}{{ book.title|lower }} ({{ book.pages }}){% if not forloop.last %}, " \
       "{% endif %}{% endfor %}"


class BookForm(forms.ModelForm):
    """A form for a book without its author."""

    class Meta:
        model = Book
        fields = ["title", "pages"]


@csrf_exempt
def books(request):
    """GET: the list; POST: the form's errors."""
    if request.method == "POST":
        return HttpResponse(BookForm(request.POST).errors.as_json())
    template = engines["django"].from_string(TEXT)
    return HttpResponse(template.render({"books": Book.objects.order_by("pages")}))
