"""`pysnap completion`: shells offer all commands and options that exist, and no others."""

import re
import shutil
import subprocess
import unittest
from functools import cache

from workshop import PYSNAP, REPOSITORY, RUN, USAGE, CommandTest, run


def options_in(text: str) -> set[str]:
    """The options of which a line of a help text tells."""
    names = set()
    for line in re.findall(r"(?m)^ +(-[-\w,]+)", text):
        names |= set(line.split(","))
    return {name.rstrip(",") for name in names}


@cache
def commands() -> dict[str, set[str]]:
    """Each command of pysnap with its options; the options of pysnap itself under ""."""
    text = run(PYSNAP, "--help").stdout
    found = {"": options_in(text)}
    for name in re.findall(r"(?m)^  ([a-z-]+) ", text.partition("Subcommands:")[2]):
        found[name] = options_in(run(PYSNAP, name, "--help").stdout)
    return found


@cache
def run_options() -> set[str]:
    """The options of pysnap-run."""
    return options_in(run(RUN, "--help").stdout)


class CompletionTest(CommandTest):
    """What the shells make of their scripts."""

    def setUp(self) -> None:
        super().setUp()
        # As a shell looks them up for a user.
        for shell in ("bash", "fish", "zsh"):
            printed = run(PYSNAP, "completion", shell)
            self.assert_succeeds(printed)
            self.write(f"script.{shell}", printed.stdout)

    def ask(self, shell: str, program: str) -> list[str]:
        """The lines that a program of a shell prints, in the test's directory."""
        if shutil.which(shell) is None:
            self.skipTest(f"{shell} is not here: scripts/install-packages test")
        result = run(shell, "-c", program, cwd=self.directory)
        self.assert_succeeds(result)
        return result.stdout.splitlines()

    def test_help_texts_are_understood(self):
        """Else the other tests compare nothing with nothing."""
        self.assertLess({"build", "inspect", "config", "doctor"}, set(commands()))
        self.assertLess({"--module", "-m", "--output"}, commands()["build"])
        self.assertLess({"--image", "--explain"}, run_options())

    def bash(self, *words: str) -> set[str]:
        """What bash offers behind these words, of which the last is not finished."""
        line = " ".join(f"'{word}'" for word in words)
        function = words[0].replace("-", "_")
        return set(self.ask("bash", f"source script.bash; COMP_WORDS=({line}); "
                            f"COMP_CWORD={len(words) - 1}; _{function}; "
                            "printf '%s\\n' \"${COMPREPLY[@]}\"")) - {""}

    def test_bash(self):
        names = set(commands()) - {""}
        self.assertEqual(names | commands()[""], self.bash("pysnap", ""))
        for name in names:
            self.assertEqual(commands()[name], self.bash("pysnap", name, "-"))
        self.assertEqual({"--python", "--python-options"}, self.bash("pysnap", "build", "--py"))
        self.assertEqual(set(), self.bash("pysnap", "inspect", "x"))
        self.assertEqual({name for name in run_options() if name.startswith("--")},
                         self.bash("pysnap-run", "-"))
        self.assertEqual(set(), self.bash("pysnap-run", "app"))

    def fish(self, line: str) -> set[str]:
        """What fish offers behind a line."""
        return {offer.partition("\t")[0]
                for offer in self.ask("fish", f"source script.fish; complete -C '{line}'")}

    def test_fish(self):
        self.assertLessEqual(set(commands()) - {""}, self.fish("pysnap "))
        for name in set(commands()) - {""}:
            long = {option for option in commands()[name] if option.startswith("--")}
            self.assertEqual(long, self.fish(f"pysnap {name} --"))
        self.assertEqual(run_options(), self.fish("pysnap-run --"))
        self.assertIn("script.fish", self.fish("pysnap build --script scr"))

    def zsh(self, *words: str) -> list[str]:
        """What the script tells the completion system of zsh."""
        line = " ".join(f"'{word}'" for word in words)
        return self.ask("zsh", "_arguments() { print -rl -- \"$@\" }; "
                        "_describe() { print -rl -- $choices }; "
                        f"words=({line}); CURRENT=$#words; service={words[0]}; source script.zsh")

    def test_zsh(self):
        offered = [line.partition(":")[0] for line in self.zsh("pysnap", "")]
        self.assertEqual(set(commands()) - {""}, set(offered))
        for name in set(commands()) - {""}:
            specs = self.zsh("pysnap", name, "-")
            self.assertEqual(commands()[name],
                             {spec[1:].partition("[")[0] for spec in specs if spec[1] == "-"})
        specs = self.zsh("pysnap-run", "-")
        self.assertEqual(run_options(),
                         {spec[1:].partition("[")[0] for spec in specs if spec[1] == "-"})
        self.assertIn("*--image[the image to launch from, made by `pysnap build`]:value:_files",
                      specs)

    def test_other_shells_are_named_as_wrong(self):
        result = run(PYSNAP, "completion", "csh")
        self.assert_refused(result, USAGE, "csh")

    def test_installation_puts_the_scripts_where_shells_look(self):
        build = PYSNAP.parent.parent
        if not (build / "cmake_install.cmake").exists() or not shutil.which("cmake"):
            self.skipTest("the programs under test are not in a build directory")
        subprocess.run(["cmake", "--install", build, "--prefix", self.directory],
                       cwd=REPOSITORY, check=True, capture_output=True)
        for path, shell in (("bash-completion/completions/pysnap", "bash"),
                            ("bash-completion/completions/pysnap-run", "bash"),
                            ("fish/vendor_completions.d/pysnap.fish", "fish"),
                            ("fish/vendor_completions.d/pysnap-run.fish", "fish"),
                            ("zsh/site-functions/_pysnap", "zsh")):
            self.assertEqual((self.directory / f"script.{shell}").read_text(),
                             (self.directory / "share" / path).read_text())
        self.assert_succeeds(run(self.directory / "bin" / "pysnap", "--version"))


if __name__ == "__main__":
    unittest.main()
