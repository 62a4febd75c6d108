// What `pysnap-run --help` says. The freestanding program hands the question to `pysnap`.
#pragma once

namespace pysnap::launcher {

inline constexpr const char* kRunHelp =
    "Usage: pysnap-run [--image IMAGE] [--explain] [PYTHON OPTIONS]\n"
    "                  [SCRIPT | -m MODULE | -c COMMAND | -] [ARGS...]\n"
    "\n"
    "Launches a program as `python3` would run it. The first launch is plain Python's; its "
    "imports\n"
    "become an image, from which later launches start. An image can also be named; one that was\n"
    "made with --script or --entry-point has its own program: pysnap-run --image IMAGE [ARGS...]\n"
    "\n"
    "  --image IMAGE   the image to launch from, made by `pysnap build`\n"
    "  --no-image      plain Python, and nothing is learned; as PYSNAP=off does\n"
    "  --build-now     where plain Python runs, wait for the image to be made\n"
    "  --explain       say why plain Python runs instead, when it does\n"
    "  --aslr=BASE     image (the usual default): at the image's own place; launch: at a random "
    "one\n"
    "  --full-finalize end the interpreter as CPython does, with all that the image holds\n"
    "  --hold-at-end   stop (SIGSTOP) before the process ends; for measurements\n"
    "  --prove         without the user's hooks, and another program than the image's\n"
    "  --freeze-again=DESCRIPTOR   for the builder: freeze at the next checkpoint\n"
    "  --move-to=CEILING,DESCRIPTOR   for `pysnap rebase`: report what moves, and end\n"
    "  --help          this text\n"
    "  --version       the version\n"
    "\n"
    "PYSNAP_IMAGE names the image where --image does not; PYSNAP_PATH, directories that\n"
    "`pysnap prewarm` has filled, which come before the cache. Under the name python, python3 or "
    "python3.N\n"
    "this program has no options of its own and acts as that interpreter.\n"
    "\n"
    "Everything else is the command line of Python. Exit status: the program's own; 125 when the\n"
    "image cannot be used.\n";

}  // namespace pysnap::launcher
