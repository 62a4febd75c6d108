"""What it costs a launch to compare what its image depends on."""

import shutil

from .workshop import BINARIES, FOLDER, case, run, short, tell

COUNTS = (50, 500, 3000)
GROUP = "Python: files that the image depends on"
FILES_PER_FOLDER = 20  # about what packages have
HOLD = "print('ready', flush=True); input()"


def _make_files(count):
    """So many files as deep as those of a virtual environment; a warm-up that looks each up."""
    top = FOLDER / f"dependencies-{count}/lib/python3.11/site-packages"
    for index in range(count):
        path = top / f"package{index // FILES_PER_FOLDER}/part/module{index}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    warm_up = FOLDER / f"dependencies-{count}/warm_up.py"
    warm_up.write_text(f"import os\nfor folder, _, names in os.walk({str(top)!r}):\n"
                       "    for name in names:\n        os.stat(os.path.join(folder, name))\n")
    return warm_up


def _launch(name, image):
    start = [BINARIES / "pysnap-run", "--image", image, "-c"]
    return case(name, GROUP, [*start, "pass"], [*start, HOLD], "")


def dependency_cases(python):
    """For each number of files an image that compares them, and a trusted one."""
    cases = []
    for count in COUNTS:
        checked, trusted = (FOLDER / f"dependencies-{count}{end}.pysnap" for end in ("", "-sealed"))
        tell(f"building {short(checked)}")
        run(BINARIES / "pysnap", "build", "--python", python, "--warm-up", _make_files(count),
            "-o", checked)
        shutil.copy2(checked, trusted)
        run(BINARIES / "pysnap", "seal", trusted)
        cases.append(_launch(f"{count} files, compared", checked))
        cases.append(_launch(f"{count} files, trusted", trusted))
    return cases
