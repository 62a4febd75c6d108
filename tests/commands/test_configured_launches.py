"""What a configuration says about launches: variables, checks, and that a change of it counts."""

import json
import time
import unittest
from pathlib import Path

from learning import LearningTest
from workshop import INPUT, PYSNAP, RUN, CommandTest, build, environment, launch, run

READER = "import os\nSEEN = os.environ.get('READ'), os.getpid()\n"
SHOW = "import os, reader; print(reader.SEEN[0], reader.SEEN[1] == os.getpid(), os.environ['HOME'])"


class VariablesTest(CommandTest):
    """`environment.ignore` and `environment.key` of `pysnap build --config`."""

    def setUp(self) -> None:
        super().setUp()
        self.image = self.directory / "x.image"
        self.write("reader.py", READER)

    def variables(self, **changes: str | None) -> dict[str, str]:
        """The test's directory is where modules are found."""
        return environment(**{"PYTHONPATH": str(self.directory), **changes})

    def build(self, text: str, **changes: str | None) -> None:
        """An image with the module that reads a variable."""
        self.write("pysnap.toml", text)
        self.assert_succeeds(build(self.image, "-m", "reader", "--config", "pysnap.toml",
                                   cwd=self.directory, env=self.variables(**changes)))

    def show(self, **changes: str | None) -> tuple[str, str]:
        """What a launch prints, and what it explains."""
        done = launch(self.image, "--explain", "-c", SHOW, env=self.variables(**changes))
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout, done.stderr

    def test_ignored_variables_do_not_count(self):
        self.build("environment.ignore = ['READ', 'HOME']\n", READ="at the build", HOME="/build")
        for changes in ({}, {"READ": "now"}, {"HOME": "/elsewhere"}):
            home = changes.get("HOME", "/nonexistent")
            self.assertEqual((f"at the build False {home}\n", ""), self.show(**changes))

    def test_without_the_setting_they_do(self):
        self.build("", READ="at the build")
        self.assertEqual("now True /nonexistent\n", self.show(READ="now")[0])
        self.assertIn("the variable HOME is /elsewhere", self.show(HOME="/elsewhere")[1])

    def test_ignored_variables_stay_so_in_an_image_made_from_the_image(self):
        self.build("environment.ignore = ['HOME']\nenvironment.key = ['KEY']\n", KEY="one value")
        self.write("script.py", "import pysnap, os\npysnap.checkpoint()\nprint(os.environ['HOME'])\n")
        second = self.directory / "second.image"
        self.assert_succeeds(run(PYSNAP, "build", "--from", self.image, "--script", "script.py", "-o",
                                 second, cwd=self.directory, env=self.variables(KEY="one value")))
        done = launch(second, env=self.variables(HOME="/elsewhere", KEY="one value",
                                                 PYSNAP_EXPLAIN="1"))
        self.assertEqual(("/elsewhere\n", ""), (done.stdout, done.stderr))
        done = launch(second, env=self.variables(KEY="another", PYSNAP_EXPLAIN="1"))
        self.assertIn("the variable KEY is another", done.stderr)

    def test_what_decides_how_the_interpreter_starts_cannot_be_ignored(self):
        for name in ("PYTHONHASHSEED", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONVERBOSE"):
            self.write("pysnap.toml", f"modules = []\nenvironment.ignore = ['{name}']\n")
            result = run(PYSNAP, "config", cwd=self.directory)
            self.assert_refused(result, INPUT, f"pysnap.toml:2: environment.ignore holds {name}, "
                                "which decides how the interpreter starts")

    def test_a_key_is_compared_where_nothing_reads_it_and_its_value_stays_secret(self):
        value = "correct horse battery staple"
        self.build("environment.key = ['KEY', 'UNSET']\n", KEY=value)
        self.assertEqual("", self.show(KEY=value)[1])
        for changes in ({"KEY": "another"}, {}, {"KEY": value, "UNSET": "1"}):
            name = "UNSET" if "UNSET" in changes else "KEY"
            reason = self.show(**changes)[1]
            self.assertIn(f"plain Python runs instead of the image: the variable {name} is ", reason)
            self.assertNotIn(value, reason)
        self.assertNotIn(value.encode(), self.image.read_bytes())
        shown = json.loads(run(PYSNAP, "inspect", self.image, "--json").stdout)
        self.assertEqual(["digest"], list(shown["startup_variables"]["KEY"]))
        self.assertIsNone(shown["startup_variables"]["UNSET"])

    def test_python_s_own_variable_can_be_a_key_though_it_is_set_to_nothing(self):
        self.build("environment.key = ['PYTHONASYNCIODEBUG']\n", PYTHONASYNCIODEBUG="")
        self.assertEqual("", self.show()[1])
        self.assertEqual("", self.show(PYTHONASYNCIODEBUG="")[1])
        self.assertIn("PYTHONASYNCIODEBUG", self.show(PYTHONASYNCIODEBUG="1")[1])


class ChangesTest(CommandTest):
    """An image depends on the configuration it was made with, unless that says otherwise."""

    def make(self, text: str) -> None:
        """An image of a configuration."""
        self.write("pysnap.toml", text)
        self.assert_succeeds(build(self.directory / "x.image", "--config", "pysnap.toml",
                                   cwd=self.directory))

    def reason(self) -> str:
        """Why a launch does not use it."""
        return launch(self.directory / "x.image", "--explain", "-c", "").stderr

    def test_changed_configuration_is_noticed(self):
        self.make("modules = ['json']\n")
        self.assertEqual("", self.reason())
        self.write("pysnap.toml", "modules = ['json', 'csv']\n")
        self.assertIn(f"the file {self.directory}/pysnap.toml has changed", self.reason())

    def test_images_without_checks_are_trusted(self):
        self.make("modules = ['json']\nchecks = 'none'\n")
        shown = json.loads(run(PYSNAP, "inspect", self.directory / "x.image", "--json").stdout)
        self.assertTrue(shown["identity"]["trusted"])
        self.write("pysnap.toml", "modules = ['json', 'csv']\n")
        self.assertEqual("", self.reason())


class LearnedTest(LearningTest):
    """The same for the images that runs leave."""

    def setUp(self) -> None:
        super().setUp()
        self.write("project/app.py", "import json, sys\nprint('csv' in sys.modules)\n")
        self.app = self.directory / "project" / "app.py"

    def assert_stale(self, words: str) -> None:
        """The next launch notices, and the one after it has an image again."""
        self.assertIn(words, self.learn(self.app).stderr)
        self.assertEqual("", self.launch(self.app).stderr)

    def prepared(self) -> list[str]:
        """The modules of the one image."""
        return self.modules_of(self.cached()[0])

    def test_configuration_that_appears_changes_and_goes(self):
        outer, inner = self.directory / "pyproject.toml", self.app.parent / "pysnap.toml"
        self.assert_learned(self.app)
        self.assertNotIn("csv", self.prepared())
        self.write("pyproject.toml", "[tool.other]\nx = 1\n")
        self.assert_stale(f"{outer} has changed since the image was built: it was missing")
        self.write("pyproject.toml", "[tool.pysnap]\nmodules = ['csv']\n")
        self.assert_stale(f"{outer} has changed")
        self.assertIn("csv", self.prepared())
        inner.write_text("modules = ['fractions']\n", encoding="utf-8")
        self.assert_stale(f"{inner} has changed")
        self.assertIn("fractions", self.prepared())
        self.assertNotIn("csv", self.prepared())
        inner.unlink()
        self.assert_stale(f"{inner} has changed")
        self.assertIn("csv", self.prepared())
        self.assertEqual(1, len(self.cached()[0]["images"]))

    def test_broken_configuration_is_said_and_counts_no_longer_once_it_is_repaired(self):
        file = self.app.parent / "pysnap.toml"
        file.write_text("\nmodul = []\n", encoding="utf-8")
        mistake = f"{file}:2: there is no key modul; the closest one is modules"
        self.assertIn(mistake, self.learn(self.app).stderr)
        self.assertIn(mistake, run(PYSNAP, "cache", "show", "app", env=self.variables()).stdout)
        for _ in range(2):
            result = self.launch(self.app)
            self.assertEqual("False\n", result.stdout)
            self.assertIn(f"; building one has failed: {mistake}\n", result.stderr)
        file.write_text("modules = []\n", encoding="utf-8")
        self.learn(self.app)
        self.assertEqual("", self.launch(self.app).stderr)

    def test_build_that_failed_is_tried_again_when_the_configuration_has_changed(self):
        self.write("project/pysnap.toml", "modules = ['module_that_nobody_has']\n")
        self.learn(self.app)
        self.assertIn("module_that_nobody_has", self.launch(self.app).stderr)
        self.assertIn("module_that_nobody_has", self.launch(self.app).stderr)
        self.write("project/pysnap.toml", "modules = ['csv']\n")
        self.launch(self.app)
        self.wait_for_image()
        self.assertEqual("", self.launch(self.app).stderr)

    def wait_for_image(self) -> None:
        """The build goes on in the background."""
        end = time.monotonic() + 60
        while not self.cached()[0]["images"]:
            self.assertLess(time.monotonic(), end, self.cached())
            time.sleep(0.05)

    def test_each_value_of_a_key_has_an_image(self):
        self.write("project/pysnap.toml", "environment.key = ['STAGE']\n")
        for value in ("production", "test"):
            self.assertIn("instead", self.learn(self.app, STAGE=value).stderr)
        for value in ("production", "test"):
            self.assertEqual("", self.launch(self.app, STAGE=value).stderr)
        self.assertIn("the variable STAGE is not set", self.launch(self.app).stderr)
        self.assertEqual(2, len(self.cached()[0]["images"]))

    def test_variables_that_an_image_holds_are_shown(self):
        self.write("project/pysnap.toml", "modules = ['keeper']\n")
        self.write("project/keeper.py", "import os\nTOKEN = os.environ['API_TOKEN']\n")
        self.learn(self.app, API_TOKEN="tok-5f1e9c07-long-and-secret")
        shown = run(PYSNAP, "cache", "show", "app", env=self.variables()).stdout
        self.assertRegex(shown, r"(?m)^note  .*imports have kept them: API_TOKEN; ")

    def test_images_without_checks_are_trusted(self):
        self.write("project/pysnap.toml", "checks = 'none'\n")
        self.assert_learned(self.app)
        shown = run(PYSNAP, "inspect", self.cached()[0]["images"][0]["path"])
        self.assertIn("none: the image is trusted", shown.stdout)

    def test_launches_of_an_image_that_a_run_has_left_lie_elsewhere(self):
        self.write("project/pysnap.toml", "aslr = 'launch'\n")
        self.write("project/app.py", "print(id(print))\n")
        self.learn(self.app)
        places = set()
        for _ in range(3):
            done = self.launch(self.app)
            self.assertEqual("", done.stderr)
            places.add(done.stdout)
        self.assertEqual(3, len(places), places)
        self.write("project/pysnap.toml", "aslr = 'image'\n")
        self.learn(self.app)
        self.assertEqual(self.launch(self.app).stdout, self.launch(self.app).stdout)

    def test_module_has_an_image_for_each_configuration_it_is_run_under(self):
        places = [self.directory / name for name in ("project", "other/deep/inside", "none")]
        for place in places:
            place.mkdir(parents=True, exist_ok=True)
        self.write("project/pysnap.toml", "modules = ['fractions']\n")
        self.write("other/pysnap.toml", "modules = ['csv']\n")

        def at(place: Path, *options: str) -> str:
            done = run(RUN, "--explain", *options, "-m", "timeit", "-n1", "-r1", "pass", cwd=place,
                       env=self.variables())
            self.assertEqual(0, done.returncode, done.stderr)
            return done.stderr

        for place in places:
            self.assertIn("plain Python runs", at(place, "--build-now"), place)
        for place in places:
            self.assertEqual("", at(place), place)
        self.assertEqual(3, len(self.cached()[0]["images"]))


if __name__ == "__main__":
    unittest.main()
