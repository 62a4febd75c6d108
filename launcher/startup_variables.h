// The variables that decide how an interpreter starts: an image serves only launches that agree.
#pragma once

#include <string>
#include <vector>

#include "elf_writer/image_contents.h"
#include "snapshot/snapshot.h"

namespace pysnap::launcher {

// Those of CPython, the dynamic loader and the libraries in the snapshot, with this process's
// values. `read_by_imports`: more of them, from the boot. `options`: of Python, that the
// interpreter is started with.
std::vector<elf_writer::StartupVariable> startup_variables(
    const snapshot::Snapshot& snapshot, const std::vector<std::string>& read_by_imports,
    const std::vector<std::string>& options = {});

// This process's environment as the boot gets it: without pysnap's own variables, and without the
// two that every launch applies by itself and those that no image can have.
std::vector<std::string> boot_environment();

}  // namespace pysnap::launcher
