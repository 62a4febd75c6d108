#include "launcher/build_command.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>

#include "elf_writer/image_writer.h"
#include "launcher/arena_boot.h"
#include "launcher/build_plan.h"
#include "launcher/first_launch.h"
#include "launcher/installation.h"
#include "launcher/progress.h"
#include "launcher/relocatable_build.h"
#include "launcher/temporary_image.h"
#include "snapshot/capture.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::Result;
using support::Status;

using Clock = std::chrono::steady_clock;

// Known before the long work: a build that cannot store its result should not start.
Status check_output(const std::string& output) {
  if (output.empty())
    return support::fail(Error::because(ErrorKind::kUsage, "name the image to write with -o"));
  std::filesystem::path directory = std::filesystem::path(output).parent_path();
  if (directory.empty()) directory = ".";
  if (!std::filesystem::is_directory(directory)) {
    return support::fail(Error::because(
        ErrorKind::kInput,
        fmt::format("the directory {} does not exist; create it or choose another output",
                    directory.string())));
  }
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    return support::fail(Error::from_errno(fmt::format(
        "the directory {} cannot be written; choose another output", directory.string())));
  }
  // Publishing renames over the name: a device or a directory must not be replaced by an image.
  std::error_code ignored;
  if (std::filesystem::exists(output, ignored) &&
      !std::filesystem::is_regular_file(output, ignored)) {
    return support::fail(Error::because(
        ErrorKind::kInput,
        fmt::format("{} exists and is not a regular file; name another output", output)));
  }
  return {};
}

void summarise(const BuildOptions& options, const Origin& origin,
               const snapshot::Snapshot& snapshot, const elf_writer::ImageContents& contents,
               const elf_writer::WrittenImage& written, Clock::time_point start) {
  if (options.is_quiet) return;
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  fmt::print("{}: CPython {}, {} modules, {:.1f} MB, {} mappings (of {}), {:.1f} s\n",
             options.output, origin.python.version, contents.modules.size(),
             static_cast<double>(written.size) / 1e6, written.regions, snapshot.mapping_count,
             seconds);
  for (const std::string& notice : contents.notices) fmt::print("note: {}\n", notice);
}

// N of "3.N.2".
int minor_version_of(const PythonInterpreter& python) {
  const size_t dot = python.version.find('.');
  return dot == std::string::npos ? 0 : std::atoi(python.version.c_str() + dot + 1);
}

// Boots again, with the inputs of the first boot, if the image is to be one that moves.
Result<Relocation> find_relocation(const BuildOptions& options, const Origin& origin,
                                   const Installation& installation, const BootOrders& orders,
                                   const std::function<void(const std::string&)>& report,
                                   BootInputs& inputs, snapshot::Snapshot& snapshot) {
  const auto boot_again = [&](uint64_t ceiling) -> Result<snapshot::Snapshot> {
    inputs.begin_again();
    const Result<FrozenInterpreter> again =
        boot_and_freeze(origin.python, installation, orders, report, inputs, ceiling);
    if (!again) return support::fail(again.error());
    return snapshot::capture(frozen_process(*again, origin, installation, options.carry));
  };
  return make_relocatable(options.relocatable.value_or(Relocatable::kNo),
                          minor_version_of(origin.python), snapshot, boot_again);
}

void add_relocation(const Relocation& relocation, Aslr aslr, elf_writer::ImageContents& contents) {
  contents.relocations = relocation.relocations;
  if (!relocation.notice.empty()) contents.notices.push_back(relocation.notice);
  if (aslr == Aslr::kLaunch && !relocation.relocations)
    contents.notices.push_back(
        "its launches run plain Python, as aslr is \"launch\" in the configuration");
}

Status add_hot_pages(const BuildOptions& options, const Installation& installation,
                     const snapshot::Snapshot& snapshot, const BootOrders& orders,
                     elf_writer::ImageContents& contents) {
  const TemporaryImage draft(options.output);
  const Result<elf_writer::WrittenImage> written =
      elf_writer::write_image(snapshot, contents, draft.path(), elf_writer::Purpose::kDraft);
  if (!written) return support::fail(written.error());
  contents.hot_runs = find_hot_pages(installation, draft.path(), snapshot, orders.python_options,
                                     static_cast<format::ProgramKind>(contents.program_kind));
  return {};
}

}  // namespace

Status build(const BuildOptions& options) {
  const Clock::time_point start = Clock::now();
  Progress progress;
  const auto report = [&progress](const std::string& step) { progress.show(step); };

  // 1. What can be known without booting.
  if (const Status good = check_output(options.output); !good) return good;
  remove_abandoned(options.output);
  const Result<Installation> installation = find_installation();
  if (!installation) return support::fail(installation.error());
  const Result<Origin> origin = find_origin(options);
  if (!origin) return support::fail(origin.error());
  BootOrders orders;
  const Result<OwnProgram> program = plan_program(options, *origin, orders);
  if (!program) return support::fail(program.error());

  // 2. Boot in an arena, or launch the base; import, shed threads, freeze.
  BootInputs inputs;
  Result<FrozenInterpreter> frozen =
      origin->base ? launch_and_freeze(*origin->base, *installation, orders, report)
                   : boot_and_freeze(origin->python, *installation, orders, report, inputs);
  if (!frozen) return support::fail(frozen.error());

  // 3. Capture. The frozen process is not needed after it.
  report("capture");
  Result<snapshot::Snapshot> snapshot =
      snapshot::capture(frozen_process(*frozen, *origin, *installation, options.carry));
  if (!snapshot) return support::fail(snapshot.error());
  const Result<Relocation> relocation =
      find_relocation(options, *origin, *installation, orders, report, inputs, *snapshot);
  if (!relocation) return support::fail(relocation.error());

  // 4. A draft shows which pages a launch writes.
  report("draft");
  Result<elf_writer::ImageContents> contents =
      image_contents(options, *origin, *installation, *frozen, *snapshot, orders);
  if (!contents) return support::fail(contents.error());
  add_relocation(*relocation, options.aslr, *contents);
  contents->program = program->script;
  contents->program_kind = static_cast<uint32_t>(program->kind);
  if (const Status found = add_hot_pages(options, *installation, *snapshot, orders, *contents);
      !found)
    return found;

  // 5. Write under another name, prove, publish.
  report("write");
  TemporaryImage temporary(options.output);
  const Result<elf_writer::WrittenImage> written =
      elf_writer::write_image(*snapshot, *contents, temporary.path());
  if (!written) return support::fail(written.error());
  report("prove");
  if (const Status proven = prove(*installation, temporary.path(), orders.python_options,
                                  program->kind, boot_environment());
      !proven)
    return proven;
  if (const Status published = temporary.publish(options.output); !published) return published;
  progress.show("");
  summarise(options, *origin, *snapshot, *contents, *written, start);
  return {};
}

}  // namespace pysnap::launcher
