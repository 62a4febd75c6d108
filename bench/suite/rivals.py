"""What pysnap is compared with: bare processes, and languages that start from an image."""

import shutil
import subprocess

from .workshop import FOLDER, REPOSITORY, TOOLS, BenchError, case, run, tell

FLOOR = "Floor of a process on this machine"
IMAGES = "Other languages"
LISP_LIBRARIES = ["alexandria", "babel", "cl-ppcre", "iterate", "split-sequence", "yason"]
NODE_HOLD = "fs.writeSync(1, 'ready\\n'); fs.readSync(0, Buffer.alloc(1))"


def floors():
    """Three programs that say hello."""
    run("cmake", "--build", TOOLS, "--target", "process-floors", log="floors")
    kinds = [("C without libc, static", "floor-no-libc"), ("C, static glibc", "floor-static"),
             ("C, dynamic glibc", "floor-dynamic")]
    return [case(name, FLOOR, [TOOLS / program], [TOOLS / program, "wait"], "hello\n")
            for name, program in kinds]


def perl():
    """The interpreter that is everywhere, without an image."""
    program = shutil.which("perl", path="/usr/bin:/bin")
    if program is None:
        raise BenchError("there is no perl")
    return [case("perl -e 0", IMAGES, [program, "-e", "0"],
                 [program, "-e", "$| = 1; print qq(ready\\n); <STDIN>"])]


def _lisp_core(path, libraries):
    run("sbcl", "--script", REPOSITORY / "bench/rivals/save_core.lisp", log=path.name,
        CORE=str(path), LIBRARIES=" ".join(libraries), XDG_CACHE_HOME=str(FOLDER / "cache"))


def lisp():
    """Executable cores of SBCL, the shortest way from image to program that is in wide use."""
    if shutil.which("sbcl") is None:
        raise BenchError("there is no sbcl")
    bare, loaded = FOLDER / "bare.core", FOLDER / "libraries.core"
    for path, libraries in ((bare, []), (loaded, LISP_LIBRARIES)):
        if not path.exists():
            tell(f"saving an SBCL core with {len(libraries)} libraries")
            _lisp_core(path, libraries)
    return [
        case("SBCL executable core", IMAGES, [bare], [bare, "wait"]),
        case(f"SBCL core, {len(LISP_LIBRARIES)} libraries", IMAGES, [loaded], [loaded, "wait"]),
    ]


def _node_version(program):
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip().removeprefix("v")


def node():
    """Node, plain and from its own snapshot of user code."""
    program = shutil.which("node")
    if program is None:
        raise BenchError("node is not installed")
    version = _node_version(program)
    if not version or int(version.partition(".")[0]) < 20:
        raise BenchError(f"node {version or '(unusable)'} has no user-land snapshots; 20 has")
    blob = FOLDER / f"node-{version}.blob"
    if not blob.exists():
        run(program, "--snapshot-blob", blob, "--build-snapshot",
            REPOSITORY / "bench/rivals/node_snapshot.js", log="node-snapshot")
    snapshot = [program, "--snapshot-blob", blob]
    return [
        case("node -e 0", IMAGES, [program, "-e", "0"], [program, "-e", NODE_HOLD]),
        case("node, user snapshot", IMAGES, snapshot, [*snapshot, "wait"]),
    ]


def all_rivals():
    """The cases that could be prepared, and a sentence for each rival that could not."""
    cases, reasons = [], []
    for prepare in (floors, perl, lisp, node):
        try:
            cases += prepare()
        except (BenchError, OSError) as error:
            reasons.append(f"{prepare.__name__}: {error}")
            tell(f"not measured: {reasons[-1]}")
    return cases, reasons
