#!/usr/bin/env python3
"""Builds the fuzz targets and gives each some time.

    tests/fuzz/run.py                              all targets, 20 seconds each
    tests/fuzz/run.py --seconds 600 image_view     one target, longer
    tests/fuzz/run.py --keep-new                   put what opened new paths into the corpus

A target begins with its corpus in tests/fuzz/corpus, with what the writer of images makes now, and
with what earlier runs found (build/fuzz/found). An input that breaks a promise is kept under
build/fuzz/broken, and the command that repeats it is printed. The last line is
`N passed, N failed`, one for each target.
"""

import argparse
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CORPUS = Path(__file__).resolve().parent / "corpus"
BUILD = REPOSITORY / "build" / "fuzz"
TARGETS = ("command_line", "elf_file", "image_file", "image_view", "memory_map", "relocation_table")
MOST_BYTES = 50_000  # of the archive of inputs that --keep-new has kept, CORPUS/NAME.zip
LONGEST_INPUT = {"image_file": 32768, "elf_file": 4096, "memory_map": 4096, "command_line": 2048,
                 "image_view": 8192, "relocation_table": 2048}
# The deepest recursion and the largest allocation of these parsers are small.
LIMITS = ("-timeout=10", "-rss_limit_mb=1024")


def build() -> bool:
    """Configures and builds the preset; shows the log only when it fails."""
    commands = (["cmake", "--preset", "fuzz"], ["cmake", "--build", "--preset", "fuzz"])
    for command in commands:
        done = subprocess.run(command, cwd=REPOSITORY, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            print(done.stdout)
            return False
    seeds = subprocess.run([BUILD / "bin" / "write-seeds", BUILD / "seeds"], check=False)
    return seeds.returncode == 0


def directories(name: str) -> list[Path]:
    """Where a target's inputs lie: the first is written to."""
    found = BUILD / "found" / name
    found.mkdir(parents=True, exist_ok=True)
    unpacked = BUILD / "corpus" / name
    shutil.rmtree(unpacked, ignore_errors=True)
    if (CORPUS / f"{name}.zip").exists():
        with zipfile.ZipFile(CORPUS / f"{name}.zip") as archive:
            archive.extractall(unpacked)
    others = (CORPUS / name, unpacked, BUILD / "seeds" / name)
    return [found, *(path for path in others if path.is_dir())]


def environment() -> dict[str, str]:
    """Sanitizers end the process at the first finding."""
    return {**os.environ, "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
            "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}


def fuzz(name: str, seconds: int) -> bool:
    """One target; True when no input broke a promise."""
    broken = BUILD / "broken" / name
    broken.mkdir(parents=True, exist_ok=True)
    program = BUILD / "bin" / f"fuzz_{name}"
    command = [program, f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT[name]}", *LIMITS,
               f"-artifact_prefix={broken}/", "-print_final_stats=1", *directories(name)]
    done = subprocess.run(command, env=environment(), text=True, errors="replace", check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = done.stdout.splitlines()
    facts = dict(line.removeprefix("stat::").split(":", 1) for line in lines
                 if line.startswith("stat::"))
    runs = facts.get("number_of_executed_units", "?").strip()
    covered = next((line.split("cov: ")[1].split()[0] for line in reversed(lines)
                    if "cov: " in line), "?")
    if done.returncode == 0:
        print(f"passed  {name}: {runs} inputs in {seconds} s, {covered} places reached",
              flush=True)
        return True
    print("\n".join(lines[-60:]))
    print(f"failed  {name}")
    for line in lines:
        if "Test unit written to " in line:
            print(f"repeat: {program} {line.split('Test unit written to ')[1]}", flush=True)
    return False


def keep_new(name: str) -> None:
    """Puts into the corpus the smallest set of inputs that reaches all that has been reached."""
    merged = BUILD / "merged" / name
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir(parents=True)
    subprocess.run([BUILD / "bin" / f"fuzz_{name}", "-merge=1", *LIMITS, merged,
                    *directories(name)], env=environment(), check=False, capture_output=True)
    size = 0
    with zipfile.ZipFile(CORPUS / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(merged.iterdir(), key=lambda path: path.stat().st_size):
            # A date would make every archive another one.
            archive.writestr(zipfile.ZipInfo(path.name[:10]), path.read_bytes(), zipfile.ZIP_DEFLATED)
            size = archive.fp.tell()
            if size > MOST_BYTES:
                break
    print(f"corpus  {name}: {size} bytes")


def main() -> int:
    """Runs the targets asked for."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=20, help="for each target (20)")
    parser.add_argument("--keep-new", action="store_true", help="add to the corpus what was found")
    options = parser.parse_args()
    if unknown := set(options.targets) - set(TARGETS):
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    if not build():
        print("0 passed, 1 failed")
        return 1
    results = []
    for name in options.targets or TARGETS:
        results.append(fuzz(name, options.seconds))
        if results[-1] and options.keep_new:
            keep_new(name)
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
