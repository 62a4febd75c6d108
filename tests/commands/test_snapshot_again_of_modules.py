"""`pysnap build --from` with an image of modules, and bases that cannot be frozen again."""

import json
import shutil
import unittest

from test_snapshot_again import AgainTest
from workshop import (FAILED, INPUT, PYSNAP, REFUSED, USAGE, build, environment, interpreters,
                      launch, python, run)

LOUD = "print('executed', __name__, flush=True)\n"


class ModulesAgainTest(AgainTest):
    """A script that is launched from an image of modules."""

    def setUp(self) -> None:
        super().setUp()
        self.write("early.py", LOUD)
        self.write("late.py", LOUD + "import random, part.inner\nrandom_of_late = random.Random()\n"
                                     "chosen = random.Random(7)\n")
        self.write("part/__init__.py", LOUD)
        self.write("part/inner.py", LOUD + "import json\ntext = json.dumps\n")
        self.write("fresh.py", LOUD)

    def test_hidden_modules_stay_hidden_until_they_are_imported(self):
        program = ("import sys, pysnap\nimport early, fresh\n"
                   "print('hidden', 'late' in sys.modules, flush=True)\n"
                   "print(pysnap.checkpoint(), 'late' in sys.modules, sys.argv)\n"
                   "import late\nprint(late.part.inner.text(1),"
                   " late.chosen.random(), [n for n in ('early', 'fresh') if n in sys.modules])\n")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.from_modules("early", "late", interpreter=interpreter)
                printed = self.made_again("a", script=program)
                self.assertIn("printed: executed fresh\nhidden False\n", printed)
                (self.directory / "base.image").unlink()
                lines = self.launched("b").splitlines()
                self.assertEqual(f"True False ['{self.directory}/program.py', 'b']", lines[0])
                plain = run(interpreter, "-c", "import random; print(random.Random(7).random())")
                self.assertEqual(f"1 {plain.stdout.strip()} ['early', 'fresh']", lines[1])
                self.assertEqual(2, len(lines))

    def test_bytecode_is_written_where_the_builder_wants_it(self):
        program = ("import sys, pysnap\nimport fresh\npysnap.checkpoint()\n"
                   "print(sys.dont_write_bytecode, sys.flags.dont_write_bytecode)\n")
        self.from_modules("json")
        for wish in ("1", ""):
            self.made_again(script=program, PYTHONDONTWRITEBYTECODE=wish)
            self.assertEqual(wish == "", (self.directory / "__pycache__").exists())
            for launched in ("1", ""):
                self.assertEqual(f"{launched == '1'} {int(launched == '1')}\n",
                                 self.launched(env={"PYTHONDONTWRITEBYTECODE": launched}))

    def test_image_of_modules_and_a_script_is_frozen_a_third_time(self):
        self.from_modules("early", "late")
        self.made_again(script="import pysnap, early\npysnap.checkpoint()\nimport late\n"
                               "pysnap.checkpoint()\nimport fresh, sys\nprint(late, sys.argv[1:])\n",
                        output="second.image")
        self.assertNotIn("executed late", self.made_again(base="second.image"))
        lines = self.launched("x").splitlines()
        self.assertEqual("executed fresh", lines[0])
        self.assertTrue(lines[1].endswith("late.py'> ['x']"), lines)

    def test_random_numbers_of_hidden_modules_are_fresh(self):
        self.write("tls.py", "import ssl\ncontext = ssl.create_default_context()\n")
        program = ("import pysnap\n{}\npysnap.checkpoint()\nimport late, random\n"
                   "print(random.random(), late.random_of_late.random())\n")
        self.from_modules("late", "tls")
        for imports in ("", "import late", "import late, random, tls; random.random()"):
            with self.subTest(imports):
                words = set()
                for _ in range(2):
                    self.made_again(script=program.format(imports))
                    words.update((self.launched() + self.launched()).split())
                self.assertEqual(8, len(words), words)

    def test_module_runs_anew_on_what_the_script_has_patched(self):
        program = ("import json, pysnap\njson.dumps = lambda value: 'patched'\n"
                   "pysnap.checkpoint()\nimport part.inner\nprint(part.inner.text(1))\n")
        self.from_modules("part.inner")
        self.made_again(script=program)
        explained = launch(self.directory / "x.image", env={**self.variables(),
                                                            "PYSNAP_EXPLAIN": "1"})
        self.assertEqual("executed part.inner\npatched\n", explained.stdout)
        self.assertIn("part.inner is imported afresh: the program has set json.dumps",
                      explained.stderr)

    def test_patch_of_a_module_whose_locks_the_freeze_makes_new_is_seen(self):
        self.write("uses.py", LOUD + "import threading\nkind = threading.Thread\n")
        self.from_modules("uses")
        self.made_again(script="import threading, pysnap\nclass Own(threading.Thread):\n    pass\n"
                               "threading.Thread = Own\npysnap.checkpoint()\nimport uses\n"
                               "print(uses.kind)\n")
        self.assertEqual("executed uses\n<class '__main__.Own'>\n", self.launched())

    def test_classes_of_hidden_modules_stay_hidden(self):
        self.write("shapes.py", "class Shape:\n    pass\n")
        self.write("circles.py", "import shapes\nclass Circle(shapes.Shape):\n    pass\n")
        self.from_modules("circles")
        self.made_again(script="import shapes, pysnap\nclass Square(shapes.Shape):\n    pass\n"
                               "pysnap.checkpoint()\nprint(shapes.Shape.__subclasses__())\n"
                               "import circles\nprint(len(shapes.Shape.__subclasses__()))\n")
        self.assertEqual("[<class '__main__.Square'>]\n2\n", self.launched())

    def test_variables_that_imports_read_are_compared_with_those_of_the_base(self):
        self.write("reads.py", LOUD + "import os\nmode = os.environ.get('MODE')\n")
        self.from_modules("reads")
        self.made_again(script="import pysnap\npysnap.checkpoint()\nimport reads\n"
                               "print(reads.mode)\n", MODE="builder")
        self.assertEqual("None\n", self.launched())
        self.assertEqual("executed reads\nlaunch\n", self.launched(env={"MODE": "launch"}))

    def test_start_up_variables_and_dependencies_of_the_base_are_kept(self):
        self.from_modules("ssl", "zlib")
        self.made_again(script="import pysnap\npysnap.checkpoint()\n")
        base, made = (json.loads(run(PYSNAP, "inspect", "--json", self.directory / name).stdout)
                      for name in ("base.image", "x.image"))
        self.assertIn("OPENSSL_CONF", base["startup_variables"])
        self.assertEqual(base["startup_variables"], made["startup_variables"])
        self.assertEqual({file["path"]: file["role"] for file in base["files"]},
                         {file["path"]: file["role"] for file in made["files"]})
        self.assertLessEqual({entry["path"] for entry in base["dependencies"]},
                             {entry["path"] for entry in made["dependencies"]})
        self.assertLessEqual(set(base["modules"]), set(made["modules"]))

    def test_hooks_of_modules_run_too(self):
        self.write("hooked.py", "import pysnap\n"
                                "pysnap.register_before_snapshot(print, 'before', flush=True)\n"
                                "pysnap.register_after_restore(print, 'after', flush=True)\n")
        self.from_modules("hooked")
        printed = self.made_again(script="import pysnap\nprint('script', flush=True)\n"
                                         "pysnap.checkpoint()\nprint('end')\n")
        self.assertIn("after\nscript\nbefore\n", printed)
        self.assertEqual("after\nend\n", self.launched())


class EntryPointAgainTest(AgainTest):
    """An installed command that calls checkpoint()."""

    def variables(self) -> dict[str, str]:
        return environment(PYTHONPATH=str(self.directory / "site"))

    def test_command_of_an_entry_point_is_frozen(self):
        self.write("site/greeter/__init__.py", "import sys, pysnap\ndef main():\n"
                                               "    print(pysnap.checkpoint(), sys.argv[1:])\n")
        about = "site/greeter-1.0.dist-info"
        self.write(f"{about}/METADATA", "Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\n")
        self.write(f"{about}/RECORD", "../bin/greet,,\n")
        self.write(f"{about}/entry_points.txt", "[console_scripts]\ngreet = greeter:main\n")
        self.write("bin/greet", "import sys\nfrom greeter import main\nsys.exit(main())\n").chmod(
            0o755)
        self.assert_succeeds(build(self.directory / "base.image", "--entry-point", "greet",
                                   env=self.variables()))
        self.assertEqual("False ['a']\n", self.launched("a", image="base.image"))
        self.made_again("b")
        self.assertEqual("True ['c']\n", self.launched("c"))


class BadBaseTest(AgainTest):
    """What cannot be frozen again, each with its sentence."""

    TWICE = "import sys, pysnap\npysnap.checkpoint()\n{}\npysnap.checkpoint()\n"

    def assert_fails(self, status: int, *parts: str, lines: int | None = 1, **options) -> None:
        """The build ends with this status and a sentence, and there is no image."""
        result = self.again(**options)
        self.assert_refused(result, status, *parts, lines=lines)
        self.assertNotIn("<pysnap", result.stderr)
        self.assertFalse([path for path in self.directory.iterdir() if path.name[0] == "x"])

    def test_file_that_is_no_image(self):
        self.write("text", "no image\n")
        self.assert_fails(FAILED, "missing cannot be opened", base="missing")
        self.assert_fails(INPUT, "text cannot be used: it is not a pysnap image", base="text")

    def test_damaged_image(self):
        self.from_script("import pysnap\npysnap.checkpoint()\n")
        image = self.directory / "base.image"
        content = bytearray(image.read_bytes())
        (self.directory / "short.image").write_bytes(content[:-5000])
        self.assert_fails(INPUT, "its size is not the one", base="short.image")
        content[2000] ^= 1
        (self.directory / "flipped.image").write_bytes(content)
        self.assert_fails(INPUT, "flipped.image cannot be used", base="flipped.image")

    def test_base_of_another_environment_or_with_a_changed_file(self):
        interpreter = self.directory / "python3"
        shutil.copy(python(), interpreter)
        script = self.write("program.py", self.TWICE.format(""))
        self.assert_succeeds(build(self.directory / "base.image", "--script", script,
                                   interpreter=interpreter, env=self.variables()))
        self.assert_fails(INPUT, "base.image cannot be launched: the variable LANG is C, the image "
                          "was built with C.UTF-8", LANG="C")
        interpreter.touch()
        self.assert_fails(INPUT, "base.image cannot be launched: the file", "has changed since")

    def test_process_without_room_for_an_arena(self):
        self.from_script(self.TWICE.format(""))
        result = run("sh", "-c", 'ulimit -v 20000000; exec "$@"', "sh", PYSNAP, "build", "--from",
                     self.directory / "base.image", "-o", self.directory / "x.image",
                     env=self.variables())
        self.assert_refused(result, INPUT, "base.image cannot be launched: the address space above "
                            "its arena cannot be reserved")

    def test_base_that_is_replaced_while_its_program_runs(self):
        self.from_script(self.TWICE.format(
            "import os\nos.rename(sys.argv[1], sys.argv[1] + '.old')\n"
            "open(sys.argv[1], 'w').close()"))
        self.made_again(str(self.directory / "base.image"))
        dependencies = run(PYSNAP, "inspect", self.directory / "x.image").stdout
        self.assertNotIn("base.image", dependencies)

    def test_options_that_the_base_decides(self):
        self.from_script(self.TWICE.format(""))
        for more in (("-m", "json"), ("--code-only", "json"), ("--warm-up", "x"),
                     ("--entry-point", "pip"), ("--python", python()), ("--python-options", "-B")):
            self.assert_fails(USAGE, "--from excludes " + more[0].replace("-m", "--module"),
                              more=more)
        self.assert_fails(USAGE, "goes on with its own program", "leave out --script",
                          script="pass\n")

    def test_image_of_modules_without_a_script(self):
        self.from_modules("json")
        self.assert_fails(USAGE, "has no program of its own; name one with --script")
        self.assert_fails(INPUT, "is no file that can be read",
                          more=("--script", self.directory / "missing.py"))
        archive = self.directory / "program.zip"
        run("python3", "-m", "zipfile", "-c", archive, self.write("__main__.py", "pass\n"))
        self.assert_fails(INPUT, "program.zip is no plain script", more=("--script", archive))

    def test_program_without_another_checkpoint(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.from_script("import pysnap\npysnap.checkpoint()\n", interpreter=interpreter)
                self.assert_fails(INPUT, "program.py ended without calling pysnap.checkpoint()")
                self.from_modules("json", interpreter=interpreter)
                self.assert_fails(INPUT, "program.py ended without calling pysnap.checkpoint()",
                                  "sys.exit(3)", script="import sys\nsys.exit(3)\n")

    def test_program_that_raises(self):
        self.from_script(self.TWICE.format("def work():\n    return 1 / 0\nwork()"))
        self.assert_fails(INPUT, "line 4, in work", "ZeroDivisionError", lines=None)
        self.from_script("import pysnap\ndef fail():\n    raise OSError('no answer')\n"
                         "pysnap.register_after_restore(fail)\npysnap.checkpoint()\n")
        self.assert_fails(INPUT, "OSError: no answer", lines=None)

    def test_what_cannot_be_frozen_is_named(self):
        thread = ("import threading\nthreading.Thread(target=threading.Event().wait, name='watcher',"
                  " daemon=True).start()")
        self.from_script(self.TWICE.format(thread))
        self.assert_fails(INPUT, "checkpoint() was called while other threads run", "watcher",
                          lines=None)
        for leftover, part in (("kept = open('/etc/hostname')", "/etc/hostname"),
                               ("import mmap; kept = mmap.mmap(-1, 4096)", "shared memory"),
                               ("import subprocess; kept = subprocess.Popen(['sleep', '99'])",
                                "sleep 99")):
            self.from_script(self.TWICE.format(leftover))
            self.assert_fails(REFUSED, part, "left behind by the script",
                              "leave that to the time after pysnap.checkpoint()")
        self.from_modules("tempfile")
        self.assert_fails(REFUSED, "the temporary directory", "left behind by the script",
                          script="import tempfile, pysnap\ntempfile.mkdtemp()\n"
                                 "pysnap.checkpoint()\n")

    def test_checkpoint_in_a_child_process(self):
        self.from_script(self.TWICE.format(
            "import os\nif os.fork() == 0:\n    try:\n        pysnap.checkpoint()\n"
            "    except RuntimeError as error:\n        print(error, flush=True)\n"
            "    sys.exit(0)\nos.wait()"))
        self.assertIn("called in a child process", self.made_again())
        self.assertEqual("", self.launched())


if __name__ == "__main__":
    unittest.main()
