"""Python itself: the same commands, plain and from an image."""

import dataclasses
import shutil
import sys

from .dependency_cases import GROUP, dependency_cases
from .moved_cases import moved_cases
from .workshop import (BINARIES, FOLDER, PLAIN_PASS, PYTHON, REPOSITORY, BenchError, case, run,
                       short, tell)

VENV = FOLDER / "venv"
WHEELS = [
    "numpy==2.1.3",
    "pandas==2.2.3", "python-dateutil==2.9.0.post0", "pytz==2024.2", "tzdata==2024.2",
    "six==1.16.0",
    "Django==5.1.4", "asgiref==3.8.1", "sqlparse==0.5.3",
]
HOLD = "print('ready', flush=True); input()"


@dataclasses.dataclass(frozen=True)
class ImageKind:
    """A way to build an image."""

    suffix: str
    options: tuple[str, ...]


KINDS = [ImageKind("", ()), ImageKind(", self-contained", ("--self-contained",))]


@dataclasses.dataclass(frozen=True)
class Topic:
    """One command and the modules that its image has imported."""

    name: str
    group: str
    code: str
    output: str
    modules: tuple[str, ...] = ()

    def image(self, kind):
        """Where its image of that kind is built."""
        return FOLDER / f"{self.name}{'-whole' if kind.options else ''}.pysnap"

    @property
    def held(self):
        """The same command, waiting at its end."""
        return f"{self.code}\n{HOLD}"


TOPICS = [
    Topic("pass", "Python: nothing imported", "pass", ""),
    Topic("numpy", "Python: numpy", "import numpy; print(numpy.arange(10).sum())", "45\n",
          ("numpy",)),
    Topic("pandas", "Python: pandas, imported", "import pandas", "", ("pandas",)),
    Topic("pandas-sum", "Python: pandas, imported and used for the first time",
          "import pandas; print(pandas.Series([1, 2, 3]).sum())", "6\n", ("pandas",)),
    Topic("django", "Python: Django, set up with three applications",
          "import django_ready; print(len(django_ready.settings.INSTALLED_APPS))", "3\n",
          ("django_ready",)),
]


def make_venv():
    """An environment with the packages and nothing else; returns its interpreter."""
    run(REPOSITORY / "scripts/make-venv", PYTHON, VENV, *WHEELS)
    shutil.copy(REPOSITORY / "bench/programs/django_ready.py",
                VENV / "lib/python3.11/site-packages")
    run(VENV / "bin/python", "-m", "compileall", "-q", VENV / "lib", log="compileall")
    return VENV / "bin/python"


def _plain_name(topic):
    return PLAIN_PASS if topic.name == "pass" else f"plain {topic.name}"


def _plain(topic, python):
    entry = case(_plain_name(topic), topic.group, [python, "-c", topic.code],
                 [python, "-c", topic.held], topic.output)
    entry["baseline"] = ""
    return entry


def _restored(topic, kind):
    start = [BINARIES / "pysnap-run", "--image", topic.image(kind), "-c"]
    entry = case(f"restored {topic.name}{kind.suffix}", topic.group, [*start, topic.code],
                 [*start, topic.held], topic.output)
    entry["baseline"] = _plain_name(topic)
    return entry


def _build_image(topic, kind, python):
    modules = [word for module in topic.modules for word in ("-m", module)]
    command = [BINARIES / "pysnap", "build", "--python", python, *modules, *kind.options,
               "-o", topic.image(kind)]
    tell("$ " + " ".join(short(word) for word in command))
    run(*command)


def check_binaries():
    """Stops early when the product is not built."""
    for name in ("pysnap", "pysnap-run"):
        if not (BINARIES / name).exists():
            raise BenchError(f"{short(BINARIES / name)} is missing: run make first, "
                             "or measure the others with --only-rivals")


def python_cases(with_images):
    """Plain cases, and restored ones if asked for; a sentence for each image not built.

    Between them what is known of the images that move.
    """
    python = make_venv()
    cases, moved, reasons = [], [], []
    for topic in TOPICS:
        cases.append(_plain(topic, python))
        if topic.name == "pass":
            cases.append(case("python3.11 -I -S -c pass", topic.group,
                              [python, "-I", "-S", "-c", "pass"],
                              [python, "-I", "-S", "-c", HOLD]))
        if not with_images:
            continue
        for kind in KINDS:
            try:
                _build_image(topic, kind, python)
                cases.append(_restored(topic, kind))
            except BenchError as error:
                reasons.append(f"restored {topic.name}{kind.suffix}: {error}")
                print(f"run_benchmarks: {reasons[-1]}", file=sys.stderr, flush=True)
    if with_images:
        try:
            cases += dependency_cases(python)
        except BenchError as error:
            reasons.append(f"{GROUP}: {error}")
            print(f"run_benchmarks: {reasons[-1]}", file=sys.stderr, flush=True)
        moved_rows, moved, pinned = moved_cases(
            [topic for topic in TOPICS if topic.name != "pandas-sum"], python)
        cases += moved_rows
        reasons += pinned
    return cases, moved, reasons
