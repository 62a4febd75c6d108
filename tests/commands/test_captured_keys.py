"""`pysnap build` and keys that an import draws: none may be shared by all launches."""

import subprocess

from workshop import REFUSED, CommandTest, build, environment, interpreters

MODULE = """
import os, secrets
class Signer:
    KEY = os.urandom(24)
TABLE = {"token": [secrets.token_hex(16)]}
def make(salt=secrets.token_urlsafe(20)):
    return salt
UNUSED = os.urandom(32)
del UNUSED
"""
HELD = ["default argument salt of held.make (str)", "held.Signer.KEY (bytes)",
        "held.TABLE['token'][0] (str)"]


class KeysTest(CommandTest):
    """Made-up modules."""

    def build(self, *options: object, interpreter: object = None) -> subprocess.CompletedProcess:
        """With the test's directory on the module path."""
        return build(self.directory / "x.image", *options, interpreter=interpreter,
                     env=environment(PYTHONPATH=str(self.directory)), cwd=self.directory)

    def test_keys_end_the_build_wherever_a_module_keeps_them(self):
        self.write("held.py", MODULE)
        for interpreter in interpreters():
            with self.subTest(interpreter=interpreter):
                done = self.build("-m", "held", interpreter=interpreter)
                self.assert_refused(done, REFUSED, *HELD, "list held in code-only", lines=len(HELD))
                self.assert_files("held.py")

    def test_ways_out_of_the_refusal(self):
        self.write("held.py", MODULE)
        self.write("pysnap.toml", "allow-captured = ['held']\n")
        for options in (["--code-only", "held"], ["-m", "held", "--allow-captured", "held"],
                        ["-m", "held", "--config", "pysnap.toml"]):
            self.assert_succeeds(self.build(*options))
        done = self.build("-m", "held", "--allow-captured", "held.Signer.KEY")
        self.assert_refused(done, REFUSED, HELD[0], HELD[2], lines=2)

    def test_what_launches_renew_is_no_key_of_the_build(self):
        """A generator, and the key of multiprocessing."""
        self.write("held.py", "import multiprocessing.process, random, uuid\n"
                              "GENERATOR = random.Random()\n")
        for interpreter in interpreters():
            self.assert_succeeds(self.build("-m", "held", interpreter=interpreter))
