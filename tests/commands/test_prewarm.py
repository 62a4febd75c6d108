"""`pysnap prewarm`: images of all programs of a configuration, what is kept, and the manifest."""

import hashlib
import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path

from learning import LearningTest
from workshop import FAILED, INPUT, PYSNAP, USAGE, interpreters, run

SOME_FAILED = 1


class PrewarmTest(LearningTest):
    """A project with a configuration; images go to `.pysnap` in it."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = Path(os.path.realpath(self.directory))
        self.images = self.directory / ".pysnap"

    def configure(self, *programs: str, first: str = "") -> None:
        """A configuration with these programs, a line each."""
        tables = "".join(f"[[programs]]\n{program}\n" for program in programs)
        self.write("pysnap.toml", f"{first}\n{tables}")

    def prewarm(self, *arguments: object, status: int = 0, **changes: str
                ) -> subprocess.CompletedProcess:
        """`pysnap prewarm` in the project."""
        result = run(PYSNAP, "prewarm", *arguments, cwd=self.directory,
                     env=self.variables(**changes))
        self.assertEqual(status, result.returncode, result.stdout + result.stderr)
        return result

    def states(self, *arguments: object, status: int = 0, **changes: str) -> dict[str, dict]:
        """What has become of each program, by its name."""
        result = self.prewarm("--json", *arguments, status=status, **changes)
        return {Path(next(iter(program["program"].values()))).name: program
                for program in json.loads(result.stdout)["programs"]}

    def manifest(self) -> list[dict]:
        """The programs of the manifest."""
        whole = json.loads((self.images / "manifest.json").read_text(encoding="utf-8"))
        self.assertEqual(1, whole["version"])
        return whole["programs"]

    def prepared(self, program: dict) -> list[str]:
        """The modules in a program's image."""
        shown = run(PYSNAP, "inspect", "--json", self.images / program["image"])
        return json.loads(shown.stdout)["modules"]

    def assert_from(self, program: dict, *arguments: object, **changes: str) -> None:
        """A launch does as plain Python does, from the prewarmed image of the program."""
        self.assert_same(self.plain(*arguments, **changes), self.launch(*arguments, **changes),
                         f"pysnap-run: the prewarmed image {self.images / program['image']} is used")


class ImagesTest(PrewarmTest):
    """Which images are made, and what they hold."""

    def test_images_of_scripts_modules_and_commands(self):
        self.write("app.py", "import json\nprint(json.dumps([1]), __name__)\n")
        self.write("tools/other.py", "import colorsys, sys\nprint(sys.argv)\n")
        self.configure("script = 'app.py'", "script = 'tools/other.py'\narguments = ['x']",
                       "module = 'json.tool'")
        states = self.states()
        self.assertEqual(["built"] * 3, [program["state"] for program in states.values()])
        self.assert_from(states["app.py"], "app.py")
        self.assert_from(states["other.py"], "tools/other.py", "a", "b")
        self.assert_from(states["other.py"], "-u", self.directory / "tools" / ".." / "tools" / "other.py")
        self.assert_from(states["json.tool"], "-m", "json.tool", "--help",
                         PYSNAP_PATH=f"/nonexistent:{self.images}")
        self.assertIn("colorsys", self.prepared(states["other.py"]))
        self.assertEqual([], self.cached())

    def test_installed_command_beside_its_environment(self):
        venv = self.directory / "venv"
        run(self.interpreter, "-m", "venv", "--without-pip", venv)
        self.interpreter = venv / "bin" / "python3"
        packages = next(venv.glob("lib/python3*/site-packages"))
        for name, text in (("greeter/__init__.py", ""),
                           ("greeter/command.py", "import colorsys\ndef main():\n    print('hello')\n"),
                           ("greeter/__main__.py", "from .command import main\nmain()\n"),
                           ("greeter-1.dist-info/METADATA", "Name: greeter\nVersion: 1\n"),
                           ("greeter-1.dist-info/RECORD", "../../../bin/greet,,\n"),
                           ("greeter-1.dist-info/entry_points.txt",
                            "[console_scripts]\ngreet = greeter.command:main\n")):
            self.write(f"{packages}/{name}", text)
        script = self.write("venv/bin/greet", f"#!{venv}/bin/python\nimport sys\n"
                            "from greeter.command import main\nsys.exit(main())\n")
        script.chmod(0o755)
        self.configure("entry-point = 'greet'\npython = 'venv/bin/python'",
                       "module = 'greeter'\npython = 'venv/bin/python'")
        states = self.states()
        self.assertEqual([], states["greet"]["notices"] + states["greeter"]["notices"])
        self.assert_from(states["greet"], script)
        self.assert_from(states["greeter"], "-m", "greeter")
        for program in states.values():
            self.assertLessEqual({"greeter.command", "colorsys"}, set(self.prepared(program)))
        other = run(self.interpreter.resolve(), "-m", "venv", "--without-pip", "other",
                    cwd=self.directory)
        self.assertEqual(0, other.returncode, other.stderr)
        self.assertIn("made from another interpreter than",
                      self.launch(script, VIRTUAL_ENV=str(self.directory / "other")).stderr)
        self.assert_from(states["greet"], script, VIRTUAL_ENV=str(venv))

    def test_imports_are_found_without_running_the_program(self):
        self.write("app.py", "import typing, helper, package.part\nopen('ran', 'w')\n"
                   "def later():\n    import sqlite3\n"
                   "if typing.TYPE_CHECKING:\n    import tomllib\n"
                   "if __name__ == '__main__':\n    import csv\n")
        self.write("helper.py", "open('ran', 'w')\ntry:\n    import missing_module\n"
                   "except ImportError:\n    from xml import dom\n"
                   "class Inner:\n    import colorsys\n"
                   "if __name__ == '__main__':\n    import wave\n")
        self.write("package/__init__.py", "from . import sibling\n")
        self.write("package/sibling.py", "import uuid\n")
        self.write("package/part.py", "import quopri\nthis is no Python\n")
        self.configure(*(f"script = 'app.py'\npython = '{path}'" for path in interpreters()))
        self.prewarm()
        self.assertEqual(len(interpreters()), len(self.manifest()))
        for program in self.manifest():
            with self.subTest(program["interpreter"]):
                modules = set(self.prepared(program))
                self.assertLessEqual({"csv", "xml.dom", "colorsys", "uuid"}, modules)
                self.assertTrue(
                    {"sqlite3", "tomllib", "wave", "helper", "package"}.isdisjoint(modules))
        self.assertFalse((self.directory / "ran").exists())

    def test_directories_and_archives_are_scripts(self):
        self.write("app/__main__.py", "import colorsys, near\nprint(near.__name__)\n")
        self.write("app/near.py", "import wave\n")
        shutil.make_archive(str(self.directory / "packed"), "zip", self.directory / "app")
        self.configure("script = 'app'", "script = 'packed.zip'")
        states = self.states()
        for name in ("app", "packed.zip"):
            self.assertLessEqual({"colorsys", "wave"}, set(self.prepared(states[name])))
            self.assert_from(states[name], name)

    def test_configuration_has_its_say(self):
        self.write("app.py", "import json, decimal, own\nprint(own.NAME)\n")
        self.write("own.py", "import wave\nNAME = __name__\n")
        self.write("warm.py", "import quopri\n")
        self.configure("script = 'app.py'", first="modules = ['own']\nexclude = ['decimal']\n"
                                                  "code-only = ['colorsys']\nwarm-up = 'warm.py'\n")
        state = self.states()["app.py"]
        modules = set(self.prepared(state))
        self.assertLessEqual({"own", "json", "wave", "quopri"}, modules)
        self.assertNotIn("decimal", modules)
        self.assert_from(state, "app.py")

    def test_what_runs_have_learned_is_prepared(self):
        self.write("app.py", "print(__import__('colorsys').__name__)\n")
        self.configure("script = 'app.py'")
        state = self.states()["app.py"]
        self.assertIn("holds what the interpreter starts with and nothing else",
                      state["notices"][0])
        shutil.rmtree(self.images)
        self.learn("app.py")
        state = self.states()["app.py"]
        self.assertEqual([], state["notices"])
        self.assertIn("colorsys", self.prepared(state))
        run(PYSNAP, "cache", "clear", env=self.variables())
        self.assertEqual("kept", self.states()["app.py"]["state"])

    def test_options_and_interpreters_have_images_of_their_own(self):
        self.write("app.py", "import sys\nprint(sys.flags.dev_mode, sys.flags.optimize)\n")
        self.configure("script = 'app.py'", "script = 'app.py'\npython-options = '-X dev -O'",
                       "script = 'app.py'\narguments = ['again']")
        self.prewarm()
        first, second, third = self.manifest()
        self.assertEqual(first["image"], third["image"])
        self.assertEqual((["-X", "dev", "-O"], ["again"]),
                         (second["python_options"], third["program"]["arguments"]))
        for words, image in (((), first), (("-O", "-X", "dev"), second)):
            result = self.launch(*words, "app.py")
            self.assertEqual(self.plain(*words, "app.py").stdout, result.stdout)
            self.assertIn(f"{image['image']} is used\n", result.stderr)
        self.assertIn("plain Python runs", self.launch("-OO", "app.py").stderr)


class FailureTest(PrewarmTest):
    """Programs whose image cannot be made, and configurations that cannot be used."""

    def test_one_that_fails_does_not_stop_the_others(self):
        self.write("app.py", "import json\n")
        self.write("wrong.py", "this is no Python\n")
        self.configure("script = 'missing.py'", "script = 'app.py'", "module = 'missing.module'",
                       "script = 'wrong.py'", "script = 'app.py'\npython = 'missing-python'",
                       "entry-point = 'nobody-has-this'", "script = 'app.py'\npython-options = '-O'")
        result = self.prewarm("--jobs", "1", status=SOME_FAILED)
        lines = result.stderr.splitlines()
        self.assertEqual(5, len(lines), result.stderr)
        for line, parts in zip(lines, (("missing.py: ", "that can be read"),
                                       ("module missing.module: ", "there is no module"),
                                       ("wrong.py: ", "SyntaxError"),
                                       ("app.py: ", "missing-python is not on PATH"),
                                       ("nobody-has-this: ", "has the entry point"))):
            for part in ("pysnap: ", *parts):
                self.assertIn(part, line)
        self.assertEqual(["app.py"] * 2,
                         [Path(entry["program"]["script"]).name for entry in self.manifest()])
        self.assertEqual(5, result.stdout.count(" failed\n"))

    def test_failed_program_loses_the_image_that_is_out_of_date(self):
        self.write("app.py", "import json\nprint(1)\n")
        self.write("own.py", "")
        self.configure("script = 'app.py'", first="modules = ['own']")
        image = self.images / self.states()["app.py"]["image"]
        self.write("own.py", "raise ValueError('no luck')\n")
        state = self.states(status=SOME_FAILED)["app.py"]
        self.assertIn("no luck", state["reason"])
        self.assertFalse(image.parent.exists())
        self.assertEqual([], self.manifest())
        self.assertEqual("1\n", self.launch("--no-image", "app.py").stdout)

    def test_configurations_that_cannot_be_used(self):
        self.assert_refused(self.prewarm(status=INPUT), INPUT, "there is no configuration in .")
        self.configure(first="modules = ['json']")
        self.assert_refused(self.prewarm(status=INPUT), INPUT, "names no programs", "[[programs]]")
        self.configure("module = 'json.tool'")
        for arguments, status, part in ((("--jobs", "0"), USAGE, "--jobs"),
                                        (("--config", "missing.toml"), FAILED, "missing.toml"),
                                        (("--config", "x", "--directory", "."), USAGE, "--config"),
                                        (("-o", "missing/below"), FAILED, "missing/below")):
            with self.subTest(arguments=arguments):
                self.assert_refused(self.prewarm(*arguments, status=status), status, part)
        self.images.mkdir()
        self.images.chmod(0o777)
        self.assert_refused(self.prewarm(status=INPUT), INPUT, "others can write it", "--output")
        self.images.rmdir()
        self.images.write_text("", encoding="utf-8")
        self.assert_refused(self.prewarm(status=INPUT), INPUT, "it is no directory")


class KeptTest(PrewarmTest):
    """What is made again, and what is not."""

    def setUp(self) -> None:
        super().setUp()
        self.write("app.py", "import json, own\nprint(own.NAME)\n")
        self.write("own.py", "NAME = 'first'\n")
        self.write("bare.py", "import colorsys\n")
        self.configure("script = 'app.py'", "script = 'bare.py'", first="modules = ['own']")
        self.first = self.states()

    def test_only_what_has_changed_is_made_again(self):
        times = {path: path.stat().st_mtime_ns for path in self.images.glob("*/*.image")}
        states = self.states("--jobs", "2")
        self.assertEqual(["kept", "kept"], [program["state"] for program in states.values()])
        self.assertEqual(times, {path: path.stat().st_mtime_ns for path in times})
        self.write("bare.py", "import colorsys, wave\n")
        states = self.states()
        self.assertEqual(("kept", "built", "what it is made from has changed"),
                         (states["app.py"]["state"], states["bare.py"]["state"],
                          states["bare.py"]["reason"]))

    def test_another_place_of_launches_is_another_image(self):
        self.configure("script = 'app.py'", first="modules = ['own']\naslr = 'launch'")
        state = self.states()["app.py"]
        self.assertEqual(("built", "what it is made from has changed"),
                         (state["state"], state["reason"]))
        shown = run(PYSNAP, "inspect", "--json", self.images / state["image"])
        self.assertEqual("launch", json.loads(shown.stdout)["identity"]["aslr"])

    def test_sealed_images_still_know_what_they_depend_on(self):
        self.assertTrue(self.manifest()[0]["trusted"])
        self.assertIn(str(self.directory / "own.py"), self.manifest()[0]["dependencies"])
        self.write("own.py", "NAME = 'second'\n")
        self.assertEqual("first\n", self.launch("app.py").stdout)
        states = self.states()
        self.assertEqual(("built", f"{self.directory}/own.py has changed"),
                         (states["app.py"]["state"], states["app.py"]["reason"]))
        self.assertEqual("second\n", self.launch("app.py").stdout)

    def test_unsealed_images_notice_changes_themselves(self):
        state = self.states("--no-seal")["app.py"]
        self.assertEqual(("built", "what it is made from has changed"),
                         (state["state"], state["reason"]))
        self.assertFalse(self.manifest()[0]["trusted"])
        self.assert_from(state, "app.py")
        self.write("own.py", "NAME = 'second'\n")
        result = self.launch("--no-image", "app.py")
        self.assertEqual("second\n", result.stdout)
        result = self.launch("app.py")
        self.assertEqual("second\n", result.stdout)
        self.assertRegex(result.stderr, r"is not used: the file .*own\.py has changed")

    def test_other_reasons_to_make_an_image_again(self):
        image = self.images / self.first["app.py"]["image"]

        def damage() -> None:
            with open(image, "r+b") as file:
                file.seek(-1, os.SEEK_END)
                file.write(b"x")
        for change, reason in ((damage, "it is not the one of the manifest"),
                               (image.unlink, "it is gone"),
                               ((self.images / "manifest.json").unlink, "there was none")):
            with self.subTest(reason):
                change()
                state = self.states()["app.py"]
                self.assertEqual(("built", reason), (state["state"], state["reason"]))
        state = self.states(LC_ALL="C")["app.py"]
        self.assertEqual("it does not fit any more", state["reason"])

    def test_images_that_no_program_names_are_removed(self):
        gone = self.images / self.first["bare.py"]["image"]
        stranger = self.images / gone.parent.name / "stranger"
        stranger.write_text("", encoding="utf-8")
        self.configure("script = 'app.py'", first="modules = ['own']")
        result = self.prewarm()
        self.assertIn("  kept\n", result.stdout)
        self.assertIn(f"removed: {self.first['bare.py']['image']}\n", result.stdout)
        self.assertFalse(gone.exists())
        self.assertTrue(stranger.exists())
        self.assertEqual(1, len(self.manifest()))

    def test_manifest_says_what_is_there(self):
        for entry, name in zip(self.manifest(), ("app.py", "bare.py")):
            image = self.images / entry["image"]
            self.assertEqual({"script": str(self.directory / name), "arguments": []},
                             entry["program"])
            self.assertEqual(hashlib.sha256(image.read_bytes()).hexdigest(), entry["sha256"])
            self.assertEqual(image.stat().st_size, entry["size"])
            self.assertEqual(len(self.prepared(entry)), entry["modules"])
            self.assertEqual("/usr/bin/python3", entry["interpreter"])
            self.assertIn(os.path.realpath("/usr/bin/python3"), entry["files"])
            self.assertEqual(0o600, image.stat().st_mode & 0o777)
            self.assertEqual(0o700, image.parent.stat().st_mode & 0o777)
        self.assertIn("json", self.manifest()[0]["inputs"]["imports"])

    def test_table(self):
        lines = self.prewarm().stdout.splitlines()
        self.assertRegex(lines[0], r"^program +image +size +modules +time +state$")
        self.assertRegex(lines[1], rf"^script {self.directory}/app\.py +\w+/\w+\.image +\d+\.\d MB"
                                   r" +\d+ +\d+\.\d s  kept$")
        self.assertEqual(str(self.images / "manifest.json"), lines[-1])

    def test_progress_is_for_terminals(self):
        terminal, errors = os.openpty()
        done = subprocess.run([PYSNAP, "prewarm"], cwd=self.directory, env=self.variables(),
                              stdout=subprocess.PIPE, stderr=errors, timeout=120, check=False)
        os.close(errors)
        shown = os.read(terminal, 4096)
        os.close(terminal)
        self.assertEqual(0, done.returncode)
        self.assertIn(b"pysnap: 0 of 2 programs", shown)
        self.assertTrue(shown.endswith(b"\r\x1b[K"), shown)


if __name__ == "__main__":
    unittest.main()
