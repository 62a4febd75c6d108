"""Links that are called python learn, and take what runs have left, as `pysnap-run` does."""

import os
import subprocess
import unittest

from learning import NO_IMAGE, LearningTest
from workshop import RUN, run

SHOW = "import json, sys\nprint(sys.argv[1:], sys.executable, sys.prefix, sys.orig_argv[1:])\n"


class LearningLinksTest(LearningTest):
    """A directory with links in front of that of the interpreter."""

    def setUp(self) -> None:
        super().setUp()
        self.tools = self.directory / "tools"
        self.tools.mkdir()
        for name in ("python", "python3"):
            (self.tools / name).symlink_to(RUN)
        self.write("app.py", SHOW)

    def variables(self, **changes: str) -> dict[str, str]:
        """With the links on PATH, and with reasons."""
        variables = super().variables(**changes)
        return {**variables, "PATH": f"{self.tools}:{variables['PATH']}", "PYSNAP_EXPLAIN": "1"}

    def by_link(self, *arguments: object, link: object = "python3", **changes: str
                ) -> subprocess.CompletedProcess:
        """A launch by a link."""
        return run(link, *arguments, cwd=self.directory, env=self.variables(**changes))

    def learned(self) -> list[dict]:
        """What the cache holds, when no build is under way."""
        return [program for program in self.cached() if program["images"]]

    def test_link_takes_what_pysnap_run_has_learned(self):
        self.learn("app.py", "x")
        expected = self.plain("app.py", "x")
        for link in ("python3", self.tools / "python", self.tools / "python3"):
            self.assert_same(expected, self.by_link("app.py", "x", link=link))
        self.assertEqual(1, len(self.cached()))

    def test_launch_by_a_link_is_learned(self):
        self.assert_same(self.plain("app.py"), self.by_link("app.py"), NO_IMAGE)
        self.wait_for_builds()
        self.assert_same(self.plain("app.py"), self.by_link("app.py"))
        self.assert_same(self.plain("app.py"), self.launch("app.py"))
        self.assertEqual(str(self.interpreter.parent / "python3"), self.cached()[0]["interpreter"])

    def wait_for_builds(self) -> None:
        """The next launch waits for the lock, and finds nothing to learn."""
        self.learn("app.py")

    def test_texts_and_questions_are_not_learned(self):
        for arguments in (("-c", "print(1)"), ("-V",), ("-h",), ("-",), ()):
            with self.subTest(arguments):
                plain = self.plain(*arguments)
                done = self.by_link(*arguments)
                self.assertEqual((plain.returncode, plain.stdout), (done.returncode, done.stdout))
                self.assertIn("there is no image", done.stderr.splitlines()[0])
        self.assertEqual([], self.cached())
        self.assertFalse((self.home / ".cache").exists())

    def test_pysnap_off_and_a_named_image_decide_first(self):
        self.learn("app.py")
        self.assertIn("that was asked for", self.by_link("app.py", PYSNAP="off").stderr)
        self.assertIn("cannot be opened", self.by_link("app.py", PYSNAP_IMAGE="/none").stderr)

    def test_link_in_a_virtual_environment_goes_on_to_its_interpreter(self):
        venv = self.directory / "venv"
        run(self.interpreter, "-m", "venv", "--without-pip", venv)
        link = venv / "bin" / "python3"
        link.unlink()
        link.symlink_to(RUN)
        done = self.by_link("app.py", link=link)
        self.assertIn(str(venv), done.stdout)
        self.assertIn("a link in a virtual environment learns none", done.stderr)
        self.assertEqual([], self.cached())

    def test_environment_that_a_link_makes_has_the_interpreter_itself(self):
        venv = self.directory / "venv"
        for _ in range(2):
            self.by_link("-m", "venv", "--clear", "--without-pip", venv)
            self.assertEqual(os.path.realpath(self.interpreter),
                             os.path.realpath(venv / "bin" / "python3"))
            self.wait_for_builds()

    def by_link_before(self, command: object) -> subprocess.CompletedProcess:
        """A launch by a link that is followed, on PATH, by a wrapper of this command."""
        self.script("wrappers/python3", f"exec {command} \"$@\"\n")
        path = f"{self.tools}:{self.directory / 'wrappers'}:{self.interpreter.parent}:/usr/bin:/bin"
        return run(self.tools / "python3", "app.py", cwd=self.directory,
                   env={**self.variables(), "PATH": path})

    def test_wrapper_on_path_is_not_learned_from(self):
        done = self.by_link_before(self.interpreter)
        self.assertEqual(0, done.returncode)
        self.assertIn("a wrapper, which decides itself", done.stderr)
        self.assertEqual([], self.cached())

    def test_shim_that_leads_back_to_the_link_ends(self):
        done = self.by_link_before(self.tools / "python3")
        self.assertEqual((0, self.plain("app.py").stdout), (done.returncode, done.stdout))


if __name__ == "__main__":
    unittest.main()
