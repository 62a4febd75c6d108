// What a build is made of, for whoever boots the same more than once: where it begins, what the
// interpreter is told to do, what is captured of it, and what else the image says.
#pragma once

#include <optional>
#include <string>

#include "launcher/arena_boot.h"
#include "launcher/base_image.h"
#include "launcher/build_command.h"
#include "launcher/installation.h"

namespace pysnap::launcher {

// What an image is made from: an interpreter, or another image of one.
struct Origin {
  PythonInterpreter python;
  std::optional<BaseImage> base;
};

support::Result<Origin> find_origin(const BuildOptions& options);

// The program of an image for one; of any other image, no script and kind 0.
struct OwnProgram {
  std::string script;
  format::ProgramKind kind;
};

// What the interpreter is to do, and what launches will run.
support::Result<OwnProgram> plan_program(const BuildOptions& options, const Origin& origin,
                                         BootOrders& orders);

snapshot::FrozenProcess frozen_process(const FrozenInterpreter& frozen, const Origin& origin,
                                       const Installation& installation, snapshot::Carry carry);

support::Result<elf_writer::ImageContents> image_contents(
    const BuildOptions& options, const Origin& origin, const Installation& installation,
    const FrozenInterpreter& frozen, const snapshot::Snapshot& snapshot, const BootOrders& orders);

}  // namespace pysnap::launcher
