"""Images for the differential tests: built once per environment, kept by a digest."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

from environments import REPOSITORY, WORK, Environment

IMAGES = WORK / "images"


class BuildFailed(Exception):
    """What `pysnap build` said when it did not make an image."""


class Pinned(Exception):
    """Why an image that should move cannot."""


def binaries() -> Path:
    """Where pysnap and pysnap-run are."""
    return Path(os.environ.get("PYSNAP_BIN_DIR") or REPOSITORY / "build" / "release" / "bin")


def launcher(image: Path) -> list[str]:
    """The start of a command line that runs a program from the image."""
    return [str(binaries() / "pysnap-run"), "--image", str(image)]


def digest(environment: Environment) -> str:
    """Changes with pysnap's files, the interpreter, or the modules to prepare."""
    state = hashlib.sha256()
    folders = [binaries(), *(binaries().parent / name for name in ("lib", "libexec"))]
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                state.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    python = environment.python.resolve().stat()
    state.update(repr((str(environment.python), python.st_mtime_ns, python.st_size,
                       environment.modules, environment.variables)).encode())
    return state.hexdigest()[:16]


def build_command(environment: Environment, image: Path) -> list[str]:
    """The command that makes the environment's image."""
    modules = [part for name in environment.modules for part in ("-m", name)]
    relocatable = ["--relocatable=prefer"] if environment.moves else []
    return [str(binaries() / "pysnap"), "build", *relocatable, "--python", str(environment.python),
            *modules, "-o", str(image)]


def notices_of(image: Path) -> Path:
    """What its build has said, such as why it is pinned."""
    return image.with_suffix(".notices")


def check_movement(image: Path, environment: Environment) -> None:
    """Raises Pinned when the image of an environment that moves does not."""
    if not environment.moves:
        return
    inspection = subprocess.run([binaries() / "pysnap", "inspect", "--json", image], check=True,
                                capture_output=True, timeout=60)
    if json.loads(inspection.stdout)["relocations"] is None:
        notes = [line.removeprefix("note: ") for line in notices_of(image).read_text().splitlines()
                 if "pinned" in line]
        raise Pinned(notes[0] if notes else "the image is pinned")
    places = {subprocess.run([*launcher(image), "-c", "print(id(object()))"], check=True, timeout=60,
                             env=environment.clean_environment(), capture_output=True).stdout
              for _ in range(3)}
    if len(places) == 1:
        raise BuildFailed(f"three launches of {image} lie at one place")


def trust(image: Path, variables: dict[str, str]) -> None:
    """Makes sure that launches use the image, also where programs change what it depends on: else
    plain Python would be compared with itself."""
    subprocess.run([binaries() / "pysnap", "seal", image], check=True, timeout=60)
    launch = subprocess.run([*launcher(image), "--explain", "-c", "pass"], capture_output=True,
                            env=variables, stdin=subprocess.DEVNULL, timeout=60, check=False)
    if launch.returncode != 0 or launch.stderr:
        raise BuildFailed(f"no launch uses {image}:\n{launch.stderr.decode('utf-8', 'replace')}")


def image_for(environment: Environment, fresh: bool = False) -> Path:
    """The environment's image, made when there is none of this digest."""
    image = IMAGES / f"{environment.name}-{digest(environment)}.image"
    if image.exists() and not fresh:
        check_movement(image, environment)
        return image
    if not (binaries() / "pysnap").exists():
        raise BuildFailed(f"there is no {binaries() / 'pysnap'}: run make first")
    IMAGES.mkdir(parents=True, exist_ok=True)
    for older in IMAGES.glob(f"{environment.name}-{'?' * 16}.*"):
        older.unlink()
    environment.warm_up()
    build = subprocess.run(build_command(environment, image), capture_output=True,
                           env=environment.clean_environment(), stdin=subprocess.DEVNULL,
                           cwd=IMAGES, timeout=900)
    if build.returncode != 0 or not image.exists():
        output = (build.stdout + build.stderr).decode("utf-8", "replace").strip()
        raise BuildFailed(f"pysnap build ended with status {build.returncode}:\n{output}")
    notices_of(image).write_bytes(build.stdout + build.stderr)
    check_movement(image, environment)
    trust(image, environment.clean_environment())
    return image


def launcher_for(environment: Environment, plain: bool = False) -> list[str]:
    """The start of a command line: plain Python's, or pysnap-run's with the image."""
    if plain:
        return [str(environment.python)]
    return launcher(image_for(environment))
