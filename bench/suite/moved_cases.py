"""What it costs a launch that its image lies at another place."""

import dataclasses
import json
import shutil
import subprocess

from .workshop import BINARIES, FOLDER, BenchError, case, run, short, tell

GROUP = "Python: images that move"
HOLD = "print('ready', flush=True); input()"


@dataclasses.dataclass(frozen=True)
class Moved:
    """An image that can move, and how many of its words do."""

    name: str
    words: int
    table_bytes: int


def _pinned_row(name):
    return f"{name}, at its own place"


def _moved_row(name):
    return f"{name}, moved at the launch"


def _cases(name, image, code):
    def launch(row, path, *options):
        start = [BINARIES / "pysnap-run", *options, "--image", path, "-c"]
        entry = case(row, GROUP, [*start, code], [*start, f"{code}\n{HOLD}"], "")
        entry["baseline"] = _pinned_row(name)
        return entry

    rebased = image.with_stem(f"{image.stem}-rebased")
    shutil.copy2(image, rebased)
    run(BINARIES / "pysnap", "rebase", rebased)
    pinned = launch(_pinned_row(name), image)
    pinned["baseline"] = ""
    return [pinned, launch(f"{name}, after pysnap rebase", rebased),
            launch(_moved_row(name), image, "--aslr=launch")]


def _facts(name, image):
    command = [str(BINARIES / "pysnap"), "inspect", "--json", str(image)]
    relocations = json.loads(subprocess.check_output(command))["relocations"]
    return Moved(name, sum(relocations["words"].values()), relocations["size"])


def moved_cases(topics, python):
    """Cases for the images that can move, what is known of these, and a sentence for each other."""
    cases, facts, reasons = [], [], []
    for topic in topics:
        image = FOLDER / f"{topic.name}-moved.pysnap"
        tell(f"building {short(image)}")
        modules = [word for module in topic.modules for word in ("-m", module)]
        try:
            run(BINARIES / "pysnap", "build", "--relocatable=require", "--python", python, *modules,
                "-o", image)
            cases += _cases(topic.name, image, topic.code)
            facts.append(_facts(topic.name, image))
        except BenchError as error:
            reasons.append(f"{GROUP}, {topic.name}: {error}")
    return cases, facts, reasons


def summary(facts, measured):
    """How much a million words cost; `measured`: the fastest time of each row."""
    rows = ""
    for moved in facts:
        over = measured[_moved_row(moved.name)] - measured[_pinned_row(moved.name)]
        rows += (f"| {moved.name} | {moved.words:,} | {over:.2f} | {over / moved.words * 1e6:.2f} | "
                 f"{moved.table_bytes / moved.words:.2f} |\n")
    if not rows:
        return ""
    return ("\n### What moving costs\n\n"
            "The difference of the fastest launches, moved and at its own place.\n\n"
            "| image | words that move | ms | ms per million words | bytes of the table per word |\n"
            "|---|---:|---:|---:|---:|\n" + rows)
