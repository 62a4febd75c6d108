"""What `pysnap build --relocatable` says of words that have no equation or that no boot repeats."""

import json
import subprocess

from workshop import PYSNAP, REFUSED, CommandTest, build, environment, interpreters, run

# A number made of an address, which tells nobody of what.
ODD = "KEPT = [1]\nODD = id(KEPT) * 3\n"
# Chance that the builder does not hear of.
CHANCE = "import os\nfile = os.open('/dev/urandom', 0)\nCHANCE = os.read(file, 24)\nos.close(file)\n"
UNREPEATABLE = "differ in boots with equal inputs"


class ReportTest(CommandTest):
    """Made-up modules."""

    def build(self, *options: object, interpreter: object = None) -> subprocess.CompletedProcess:
        """With the test's directory on the module path."""
        return build(self.directory / "x.image", *options, interpreter=interpreter,
                     env=environment(PYTHONPATH=str(self.directory)), cwd=self.directory)

    def notices(self) -> list[str]:
        """Of the image."""
        shown = run(PYSNAP, "inspect", "--json", self.directory / "x.image")
        return json.loads(shown.stdout)["notices"]

    def test_what_pins_an_image_is_named_with_what_to_do(self):
        self.write("held.py", ODD)
        for interpreter in interpreters():
            with self.subTest(interpreter=interpreter):
                self.assert_succeeds(self.build("-m", "held", "--relocatable=prefer",
                                                interpreter=interpreter))
                pinned, owner = self.notices()[:2]
                self.assertEqual("the image is pinned: 1 word depends on where the memory lies in a "
                                 "way that pysnap cannot follow", pinned)
                self.assertRegex(owner, "^1 word of object int held.ODD, at 0x[0-9a-f]+ in "
                                 "0x[0-9a-f]+000-0x[0-9a-f]+000; list held in exclude or code-only, "
                                 "or leave it pinned$")

    def test_refusal_names_it_too_and_the_advice_helps(self):
        self.write("held.py", ODD)
        done = self.build("-m", "held", "--relocatable=require")
        self.assert_refused(done, REFUSED, "the image cannot be relocatable: 1 word depends",
                            "leave out --relocatable=require", "\n1 word of object int held.ODD, at", lines=2)
        self.assert_files("held.py")
        self.assert_succeeds(self.build("--code-only", "held", "--relocatable=require"))

    def notices_of_movable_image(self, *options: object, interpreter: object) -> list[str]:
        """On a busy machine two boots may lay out their memory otherwise: then there is no image to
        speak of."""
        for _ in range(5):
            self.assert_succeeds(self.build(*options, "--relocatable=prefer",
                                            interpreter=interpreter))
            notices = self.notices()
            if not any("have different memory" in notice for notice in notices):
                return notices
        return self.fail("no two boots have the same memory")

    def test_what_boots_do_not_repeat_is_named(self):
        self.write("held.py", CHANCE)
        for interpreter in interpreters():
            with self.subTest(interpreter=interpreter):
                self.assertEqual([f"3 words of held.CHANCE (bytes) {UNREPEATABLE}; renew it in a "
                                  "hook (pysnap.register_after_restore), or list held in code-only"],
                                 self.notices_of_movable_image("-m", "held",
                                                               interpreter=interpreter))

    def test_ordinary_imports_give_no_reason_to_speak(self):
        for interpreter in interpreters():
            with self.subTest(interpreter=interpreter):
                self.assertEqual([], self.notices_of_movable_image(
                    "-m", "json", "-m", "asyncio", "-m", "logging", interpreter=interpreter))
