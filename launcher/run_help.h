// What `pysnap-run --help` says. The freestanding program hands the question to `pysnap`.
#pragma once

namespace pysnap::launcher {

inline constexpr const char* kRunHelp =
    "Usage: pysnap-run --image IMAGE [--explain] [PYTHON OPTIONS]\n"
    "                  [SCRIPT | -m MODULE | -c COMMAND | -] [ARGS...]\n"
    "\n"
    "Launches a program from an image made by `pysnap build`, as `python` would run it.\n"
    "\n"
    "  --image IMAGE   the image to launch from\n"
    "  --explain       say why plain Python runs instead, when it does\n"
    "  --hold-at-end   stop (SIGSTOP) before the process ends; for measurements\n"
    "  --help          this text\n"
    "  --version       the version\n"
    "\n"
    "PYSNAP_IMAGE names the image where --image does not. Under the name python, python3 or "
    "python3.N\n"
    "this program has no options of its own and acts as that interpreter.\n"
    "\n"
    "Everything else is the command line of Python. Exit status: the program's own; 125 when the\n"
    "image cannot be used.\n";

}  // namespace pysnap::launcher
