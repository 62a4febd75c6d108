// What `pysnap-run --help` says. The freestanding program hands the question to `pysnap`.
#pragma once

namespace pysnap::launcher {

inline constexpr const char* kRunHelp =
    "Usage: pysnap-run --image IMAGE [--explain] (SCRIPT | -m MODULE | -c COMMAND | -) [ARGS...]\n"
    "\n"
    "Launches a program from an image made by `pysnap build`, as `python` would run it.\n"
    "\n"
    "  --image IMAGE   the image to launch from\n"
    "  --explain       say why plain Python runs instead, when it does\n"
    "  --hold-at-end   stop (SIGSTOP) before the process ends; for measurements\n"
    "  --help          this text\n"
    "  --version       the version\n"
    "\n"
    "Everything else is the command line of Python. Exit status: the program's own; 125 when the\n"
    "image cannot be used.\n";

}  // namespace pysnap::launcher
