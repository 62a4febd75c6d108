"""`pysnap config`, and builds that take a configuration."""

import json
import os
import unittest
from pathlib import Path

from workshop import (FAILED, INPUT, PYSNAP, USAGE, CommandTest, build, environment, interpreters,
                      launch, run)


class ConfigTest(CommandTest):
    """Which file is in force and what it says."""

    def config(self, *arguments: object, cwd: Path | None = None):
        """`pysnap config` in the test's directory."""
        return run(PYSNAP, "config", *arguments, cwd=cwd or self.directory)

    def settings(self, *arguments: object, cwd: Path | None = None) -> dict:
        """What `pysnap config --json` prints."""
        result = self.config("--json", *arguments, cwd=cwd)
        self.assert_succeeds(result)
        return json.loads(result.stdout)

    def test_defaults_are_shown_where_there_is_no_file(self):
        self.assertEqual(
            {"file": None, "modules": [], "exclude": [], "code-only": [],
             "allow-captured": [], "warm-up": None,
             "environment": {"ignore": [], "key": []}, "checks": "files", "base": "random",
             "aslr": "image", "relocatable": "no",
             "backend": "elf", "programs": [], "notices": []}, self.settings())
        result = self.config()
        self.assert_succeeds(result)
        self.assertIn("file               none\n", result.stdout)

    def test_nearest_file_is_found_from_below(self):
        self.write("pysnap.toml", "modules = ['json', 'csv']\nwarm-up = 'warm.py'\n"
                                  "[[programs]]\nmodule = 'http.server'\narguments = ['-b', '::']\n")
        inner = self.directory / "a" / "b"
        inner.mkdir(parents=True)
        for arguments, cwd in (((), inner), (("--directory", inner), Path("/"))):
            settings = self.settings(*arguments, cwd=cwd)
            self.assertEqual(os.path.realpath(self.directory / "pysnap.toml"), settings["file"])
            self.assertEqual(["json", "csv"], settings["modules"])
            self.assertEqual(os.path.realpath(self.directory) + "/warm.py", settings["warm-up"])
            self.assertEqual([{"module": "http.server", "arguments": ["-b", "::"], "python": None,
                               "python-options": []}], settings["programs"])
        text = self.config(cwd=inner).stdout
        self.assertIn("modules            json csv\n", text)
        self.assertIn("program            module http.server, arguments -b ::\n", text)

    def test_all_mistakes_are_said_at_once(self):
        self.write("pysnap.toml", "modul = []\nchecks = 'file'\n")
        result = self.config()
        self.assert_refused(result, INPUT, "pysnap.toml:1: there is no key modul; the closest one "
                            "is modules", "pysnap.toml:2: checks is \"file\"", lines=2)

    def test_missing_directory_is_named(self):
        self.assert_refused(self.config("--directory", "missing"), INPUT, "missing")

    def test_file_that_everybody_may_write_is_passed_over_with_a_note(self):
        self.write("pysnap.toml", "modules = ['json']\n").chmod(0o666)
        self.assertIn("everybody may write it", self.settings()["notices"][0])
        self.assertRegex(self.config().stdout, r"(?m)^note +\S+ is passed over: everybody")


    def test_file_that_cannot_be_read_is_an_error_unless_it_is_a_strangers(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become somebody else and give files away")
        self.directory.chmod(0o755)
        self.write("pysnap.toml", "").chmod(0o600)
        as_nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        result = run(*as_nobody, PYSNAP, "config", "--directory", self.directory)
        self.assert_refused(result, FAILED, "pysnap.toml cannot be read: Permission denied")
        os.chown(self.directory / "pysnap.toml", 4711, 4711)
        result = run(*as_nobody, PYSNAP, "config", "--directory", self.directory)
        self.assert_succeeds(result)
        self.assertIn("pysnap.toml is passed over: it belongs to user 4711", result.stdout)


class ConfiguredBuildTest(CommandTest):
    """`pysnap build --config`."""

    def configured(self, text: str, *arguments: object, interpreter: Path | None = None):
        """A build with a configuration of this text, in the test's directory."""
        self.write("settings.toml", text)
        return build(self.directory / "x.image", "--config", "settings.toml", *arguments,
                     cwd=self.directory, interpreter=interpreter, env=self.variables())

    def variables(self) -> dict[str, str]:
        """The test's directory is where modules are found."""
        return environment(PYTHONPATH=str(self.directory))

    def output_of(self, program: str) -> str:
        """What a launch prints that succeeds."""
        result = launch(self.directory / "x.image", "-c", program, env=self.variables(),
                        cwd=self.directory)
        self.assert_succeeds(result)
        return result.stdout

    def test_modules_and_warm_up_are_added(self):
        self.write("warm.py", "import first, second\nfirst.SEEN.append('warm')\n")
        self.write("first.py", "import os\nSEEN = [os.getpid()]\n")
        self.write("second.py", "import os\nSEEN = [os.getpid()]\n")
        self.assert_succeeds(self.configured(
            "modules = ['first']\nwarm-up = 'warm.py'\n", "-m", "second"))
        self.assertEqual("warm False\n", self.output_of(
            "import first, second, os\nprint(first.SEEN[1], os.getpid() in second.SEEN)"))

    def test_no_configuration_is_read_unless_it_is_named(self):
        self.write("pysnap.toml", "modul = 1\n")
        self.assert_succeeds(build(self.directory / "x.image", cwd=self.directory))

    def test_excluded_modules_and_their_users_execute_in_each_program(self):
        for name in ("whole", "parcel/__init__", "parcel/part", "parcel/other"):
            self.write(f"{name}.py", f"import os\nprint('{name} runs')\n")
        self.write("user.py", "import whole, parcel.part\nprint('user runs')\n")
        self.write("neighbour.py", "print('neighbour runs')\n")
        program = "import neighbour, user, parcel.other"
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                built = self.configured(
                    "modules = ['user', 'neighbour']\n"
                    "exclude = ['whole', 'parcel.part', 'module_that_nobody_has']\n",
                    "-m", "parcel.other", interpreter=interpreter)
                self.assert_succeeds(built)
                self.assertEqual("whole runs\nparcel/part runs\nuser runs\n",
                                 self.output_of(program))

    def test_all_below_an_excluded_package_is_excluded(self):
        self.write("parcel/__init__.py", "print('parcel runs')\n")
        self.write("parcel/part.py", "print('part runs')\n")
        self.write("user.py", "import parcel.part\n")
        self.assert_succeeds(self.configured("modules = ['user']\nexclude = ['parcel']\n"))
        self.assertEqual("parcel runs\npart runs\n", self.output_of("import user"))

    def test_code_only_modules_are_added(self):
        self.write("counter.py", "print('counter runs')\n")
        self.assert_succeeds(self.configured("code-only = ['counter']\n"))
        self.assertEqual("counter runs\n", self.output_of("import counter"))

    def test_contradictions_are_refused(self):
        self.assert_refused(self.configured("exclude = ['json']\n", "-m", "json.decoder"), USAGE,
                            "json.decoder", "settings.toml", "excludes")
        self.assert_refused(self.configured("modules = ['json']\n", "--script", "app.py"), USAGE,
                            "--script", "settings.toml", "--config")
        self.assert_files("settings.toml")

    def test_configuration_that_cannot_be_used_is_named(self):
        self.assert_refused(self.configured("[tool.pysnap]\nmodules = []\n"), INPUT,
                            "settings.toml:1: there is no key tool")
        empty = build(self.directory / "x.image", "--config", "")
        self.assert_refused(empty, USAGE, "--config", "no file is named")
        missing = build(self.directory / "x.image", "--config", self.directory / "missing.toml")
        self.assert_refused(missing, FAILED, "missing.toml", "No such file")
        self.assert_files("settings.toml")


if __name__ == "__main__":
    unittest.main()
