from django.test import TestCase

from .models import Note


class NoteTest(TestCase):
    def test_notes_are_kept(self):
        Note.objects.create(title="one")
        Note.objects.create(title="two")
        self.assertEqual(["one", "two"], [str(n) for n in Note.objects.order_by("title")])
