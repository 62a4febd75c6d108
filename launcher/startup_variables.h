// The variables that decide how an interpreter starts: an image serves only launches that agree.
#pragma once

#include <string>
#include <vector>

#include "elf_writer/image_contents.h"
#include "format/image_view.h"
#include "launcher/directory_use.h"
#include "snapshot/snapshot.h"

namespace pysnap::launcher {

// What is compared beside the variables that the interpreter and its libraries read.
struct OtherVariables {
  std::vector<std::string> compared;  // read by imports, or keys of the configuration
  std::vector<std::string> ignored;   // not compared, whatever reads them
  DirectoryUse directory = {};
};

// Those of CPython, the dynamic loader and the libraries in the snapshot, and others, with this
// process's values. `options`: of Python, that the interpreter is started with.
std::vector<elf_writer::StartupVariable> startup_variables(
    const snapshot::Snapshot& snapshot, const OtherVariables& others,
    const std::vector<std::string>& options = {});

// Whether an interpreter that has another value of this variable starts in another way, so that it
// cannot be ignored. HOME can: it only says where the user's own packages would be.
bool decides_start(const std::string& name);

// This process's environment as the boot gets it: without pysnap's own variables, and without the
// two that every launch applies by itself and those that no image can have.
std::vector<std::string> boot_environment();

// The same with the start-up variables whose values an image tells: for a launch that it serves.
std::vector<std::string> environment_for(const format::ImageView& view);

}  // namespace pysnap::launcher
