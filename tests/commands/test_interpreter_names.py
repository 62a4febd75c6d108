"""`pysnap-run` under the name of an interpreter, and what a launched process shows of itself."""

import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from workshop import (LAUNCHER_FAILED, RUN, CommandTest, build, environment, interpreters,
                      plain_image, python, run)

WHY = "pysnap-run: plain Python runs instead of the image: "
SHOW = "import sys; print(sys.executable, sys.argv, sys.orig_argv, sys.prefix, sys.version)"
MODULES = "import sys; print('json' in sys.modules)"
SELF = ("import os; print([open(f'/proc/self/{n}', 'rb').read() for n in ('cmdline', 'comm')]); "
        "raise SystemExit(len(open('/proc/self/environ', 'rb').read().split(b'\\0')))")


def nothing_named() -> dict[str, str]:
    """An environment whose PATH leads to no Python."""
    return environment(PATH="/nonexistent")


class NameTest(CommandTest):
    """Links called python, python3, python3.N."""

    def setUp(self) -> None:
        super().setUp()
        self.tools = self.directory / "tools"
        self.tools.mkdir()
        version = run(python(), "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
        self.version = version.stdout.strip()

    def link(self, name: str = "python3", where: Path | None = None) -> Path:
        """A link to pysnap-run."""
        place = (where or self.tools) / name
        place.symlink_to(RUN)
        return place

    def assert_from_image(self, done: subprocess.CompletedProcess, stdout: str) -> None:
        """It worked, and PYSNAP_EXPLAIN had nothing to say."""
        self.assertEqual((0, stdout, ""), (done.returncode, done.stdout, done.stderr))

    def test_image_beside_the_link_is_taken(self):
        env = environment(PYSNAP_EXPLAIN="1", PYSNAP_IMAGE="/nonexistent")
        for name in ("python", "python3", f"python{self.version}"):
            with self.subTest(name):
                link = self.link(name)
                os.link(plain_image(), f"{link}.pysnap")
                plain = run(python(), "-c", SHOW, "-x").stdout
                self.assert_from_image(run(link, "-c", SHOW, "-x", env=env),
                                       plain.replace(f"['{python()}'", f"['{link}'"))

    def test_image_of_the_variable_is_taken(self):
        env = environment(PYSNAP_EXPLAIN="1", PYSNAP_IMAGE=str(plain_image()),
                          PATH=f"{self.tools}:/usr/bin:/bin")
        self.link()
        plain = run(python(), "-c", SHOW, "a").stdout
        self.assert_from_image(run("python3", "-c", SHOW, "a", env=env),
                               plain.replace(f"['{python()}'", "['python3'"))
        self.assert_from_image(run(RUN, "-c", SHOW, "a", env=env), plain)

    def test_link_has_no_options_of_its_own(self):
        link, plain = self.link(), python()
        for options in (["--image", "x"], ["--explain"], ["--hold-at-end"], ["--version"], ["-V"],
                        ["--help"], ["-Z"]):
            with self.subTest(options):
                done = run(link, *options, env=environment(PYSNAP_IMAGE=str(plain_image())))
                expected = run(plain, *options)
                self.assertEqual((expected.returncode, expected.stdout, expected.stderr),
                                 (done.returncode, done.stdout, done.stderr))

    def test_other_names_are_not_those_of_an_interpreter(self):
        for name in ("python2", "python3x", "python3.", "python3.1x", "mypython", "pythonw"):
            with self.subTest(name):
                done = run(self.link(name), "--explain", "--no-image", "x.py")
                self.assertEqual(2, done.returncode)
                self.assertIn("that was asked for", done.stderr)

    def test_link_serves_in_a_script_s_first_line(self):
        link = self.link()
        os.link(plain_image(), f"{link}.pysnap")
        for first in (f"#!{link}", "#!/usr/bin/env python3", f"#!{link} -uB"):
            with self.subTest(first):
                script = self.write("script", f"{first}\nimport sys\nprint(sys.argv[1:], sys.flags)\n")
                script.chmod(0o755)
                env = environment(PYSNAP_EXPLAIN="1", PATH=f"{self.tools}:/usr/bin:/bin",
                                  PYTHONDONTWRITEBYTECODE=None)
                options = ["-uB"] if "-uB" in first else []
                plain = run(python(), *options, script, "a", "-b", env=env)
                self.assert_from_image(run(script, "a", "-b", env=env), plain.stdout)

    def test_without_an_image_the_next_interpreter_runs(self):
        link = self.link()
        self.link("python")
        other = self.directory / "other"
        other.mkdir()
        (other / "python3").symlink_to(python())
        env = environment(PATH=f"{self.tools}:{other}")
        expected = run(other / "python3", "-c", SHOW)
        for command in ([link], ["python3"], ["python"]):
            with self.subTest(command):
                done = run(*command, "-c", SHOW, env=env)
                self.assertEqual((expected.returncode, expected.stdout, expected.stderr),
                                 (done.returncode, done.stdout, done.stderr))

    def test_unusable_images_do_not_keep_the_interpreter_away(self):
        other = self.directory / "other"
        other.mkdir()
        (other / "python3").symlink_to(python())
        link = self.link()
        env = environment(PATH=f"{self.tools}:{other}", PYSNAP_EXPLAIN="1")
        image = Path(f"{link}.pysnap")
        for content, reason in ((b"", "not a pysnap image"), (b"x" * 5000, "not a pysnap image"),
                                (plain_image().read_bytes()[:70000], "cannot be used")):
            with self.subTest(reason):
                image.write_bytes(content)
                done = run(link, "-c", "print('ran')", env=env)
                self.assertEqual((0, "ran\n"), (done.returncode, done.stdout), done.stderr)
                self.assertIn(WHY, done.stderr)
                self.assertIn(reason, done.stderr)

    def test_image_of_another_version_is_passed_over(self):
        other = self.directory / "other"
        other.mkdir()
        (other / "python3.99").symlink_to(python())
        link = self.link("python3.99")
        env = environment(PATH=f"{other}", PYSNAP_EXPLAIN="1", PYSNAP_IMAGE=str(plain_image()))
        done = run(link, "-c", "print('ran')", env=env)
        self.assertEqual((0, "ran\n"), (done.returncode, done.stdout), done.stderr)
        self.assertIn("another version", done.stderr)

    def test_links_copies_and_wrappers_do_not_lead_in_circles(self):
        places = [self.directory / name for name in ("a", "b", "c", "d")]
        for place in places:
            place.mkdir()
        self.link(where=places[0])
        shutil.copy(RUN, places[1] / "python3")
        self.script("c/python3", 'exec python3 "$@"\n')
        shutil.copy(RUN, places[3] / "python3")
        for order in ("abcd", "dcba", "cabd", "bacbdca"):
            path = ":".join(str(self.directory / name) for name in order)
            for first in "abd":  # c alone would only find itself
                with self.subTest(order=order, first=first):
                    done = run(self.directory / first / "python3", "-c", "print(1)",
                               env=environment(PATH=f"{path}:/nonexistent"))
                    self.assertNotEqual(0, done.returncode)
                    self.assertEqual("", done.stdout)
        (self.directory / "e").mkdir()
        (self.directory / "e" / "python3").symlink_to(python())
        for order in ("abcde", "dcbae", "acebd"):
            path = ":".join(str(self.directory / name) for name in order)
            with self.subTest(order):
                done = run("python3", "-c", "import os; print([n for n in os.environ if 'PYSNAP' "
                           "in n])", env=environment(PATH=f"{path}:/usr/bin"))
                self.assertEqual((0, "[]\n", ""), (done.returncode, done.stdout, done.stderr))

    def test_no_interpreter_at_all_is_a_sentence(self):
        self.assert_refused(run(self.link(), "-c", "pass", env=nothing_named()), LAUNCHER_FAILED,
                            "tools/python3", "there is no image", "PATH has no other interpreter")

    def test_missing_path_variable_has_the_usual_default(self):
        done = run(self.link(), "-c", "print(1)", env=environment(PATH=None))
        self.assertEqual((0, "1\n", ""), (done.returncode, done.stdout, done.stderr))

    def test_link_in_a_virtual_environment_keeps_it_in_force(self):
        virtual = self.directory / "venv"
        made = run(python(), "-m", "venv", "--without-pip", virtual)
        self.assertEqual(0, made.returncode, made.stderr)
        real = virtual / "bin" / f"python{self.version}"
        link = virtual / "bin" / "python3"
        plain = run(link, "-c", SHOW).stdout
        link.unlink()
        self.link(where=virtual / "bin")
        if not real.exists():
            real.symlink_to(python())
        # An image of the interpreter outside is not one of the environment.
        env = environment(PYSNAP_EXPLAIN="1", PYSNAP_IMAGE=str(plain_image()))
        done = run(link, "-c", SHOW, env=env)
        self.assertEqual((0, plain), (done.returncode, done.stdout), done.stderr)
        self.assertIn("not made from this virtual environment's interpreter", done.stderr)
        built = build(f"{link}.pysnap", interpreter=real)
        self.assertEqual(0, built.returncode, built.stderr)
        done = run(link, "-c", "import sys; print(sys.prefix, sys.executable)", env=env)
        self.assert_from_image(done, f"{virtual} {real}\n")


class IdentityTest(CommandTest):
    """/proc/PID/cmdline and comm, unprivileged too."""

    def shown(self, *command: object, **options: object) -> tuple[int, str, str]:
        """What a program sees of itself, and how many variables it has."""
        done = run(*command, **options)
        self.assertEqual("", done.stderr)
        return done.returncode, done.stdout, done.stderr

    def test_command_line_and_name_are_those_of_plain_python(self):
        self.write("script.py", SELF)
        for interpreter in interpreters():
            image = self.directory / "i"
            self.assertEqual(0, build(image, interpreter=interpreter).returncode)
            for words in (["script.py"], ["script.py", "a b", "", "-c"], ["-c", SELF], ["-u", "-c",
                          SELF, "x"], ["script.py", "x" * 100000]):
                with self.subTest(f"{interpreter} {words[:1]}"):
                    plain = self.shown(interpreter, *words, cwd=self.directory)
                    self.assertEqual(plain, self.shown(image, *words, cwd=self.directory))
                    self.assertEqual(plain, self.shown(RUN, "--image", image, *words,
                                                       cwd=self.directory))
                    self.assertEqual(plain, self.shown(RUN, "--explain", "--image=i", *words,
                                                       cwd=self.directory))

    def test_short_command_lines_find_room(self):
        self.write("s", SELF)
        env = environment(PYSNAP_IMAGE=str(plain_image()))
        plain = self.shown(python(), "s", cwd=self.directory, env=env)
        short = self.directory / "r"
        short.symlink_to(RUN)
        self.assertEqual(plain, self.shown("./r", "s", cwd=self.directory, env=env))

    def test_an_empty_environment_is_no_obstacle(self):
        script = self.write("s", SELF)
        image = self.directory / "i"
        self.assertEqual(0, build(image, env={}).returncode)
        self.assertEqual(self.shown(python(), script, env={}),
                         self.shown(RUN, "--image", image, script, env={}))

    def test_program_on_standard_input_shows_only_the_interpreter(self):
        plain = self.shown(python(), stdin=None, input=SELF)
        self.assertEqual(plain, self.shown(RUN, "--image", plain_image(), stdin=None, input=SELF))

    @unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
    def test_somebody_without_privileges_sees_the_same(self):
        image = self.copy_of_image()
        image.chmod(0o755)
        self.directory.chmod(0o755)
        for extra in ([], ["--no-new-privs"]):
            become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *extra]
            self.assertEqual(self.shown(*become, python(), "-c", SELF),
                             self.shown(*become, RUN, "--explain", "--image", image, "-c", SELF))


if __name__ == "__main__":
    sys.exit(unittest.main())
