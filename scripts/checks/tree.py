"""The files that the checks look at."""

import dataclasses
import functools
import pathlib
import subprocess

CPP_SUFFIXES = (".h", ".cpp", ".c")
BINARY_SUFFIXES = (".png", ".pdf", ".gz", ".zip", ".whl", ".pysnap",
                   ".input")  # of the fuzz targets


@dataclasses.dataclass(frozen=True)
class Tree:
    """A work tree: its root and the files that belong to it, as paths relative to the root."""

    root: pathlib.Path
    files: tuple[str, ...]

    @staticmethod
    def of_git(root):
        """Tracked files and new ones that git would not ignore."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, check=True, capture_output=True, text=True)
        names = {name for name in listed.stdout.split("\0") if name}
        return Tree(pathlib.Path(root), tuple(sorted(
            name for name in names if (pathlib.Path(root) / name).is_file())))

    @functools.cached_property
    def folders(self):
        """Every folder that holds one of the files, at any depth."""
        return {str(parent) for name in self.files
                for parent in pathlib.PurePosixPath(name).parents} - {"."}

    @functools.cached_property
    def texts(self):
        """The content of each text file."""
        return {name: (self.root / name).read_text(encoding="utf-8", errors="replace")
                for name in self.files if not name.endswith(BINARY_SUFFIXES)}

    @property
    def cpp(self):
        """Name and text of each C++ or C file."""
        return [(name, text) for name, text in self.texts.items()
                if name.endswith(CPP_SUFFIXES)]

    @property
    def python(self):
        """Name and text of each Python file, scripts without a suffix included."""
        return [(name, text) for name, text in self.texts.items()
                if name.endswith(".py") or interpreter(text) == "python"]

    @property
    def documents(self):
        """Name and text of README.md and of each Markdown file under docs/."""
        return [(name, text) for name, text in self.texts.items()
                if name == "README.md" or (name.startswith("docs/") and name.endswith(".md"))]


def interpreter(text):
    """What the first line of a script asks for: "python", "shell" or None."""
    first = text.partition("\n")[0]
    if not first.startswith("#!"):
        return None
    if "python" in first:
        return "python"
    return "shell" if first.endswith("sh") else None


def line_of(text, position):
    """The 1-based number of the line that holds the given position."""
    return text.count("\n", 0, position) + 1
