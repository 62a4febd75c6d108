#include "launcher/build_command.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>

#include "elf_writer/image_writer.h"
#include "launcher/arena_boot.h"
#include "launcher/build_plan.h"
#include "launcher/captured_keys.h"
#include "launcher/first_launch.h"
#include "launcher/installation.h"
#include "launcher/progress.h"
#include "launcher/random_ceiling.h"
#include "launcher/relocatable_build.h"
#include "launcher/relocation_report.h"
#include "launcher/temporary_image.h"
#include "launcher/unrepeatable.h"
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

BootProcesses processes_of(const FrozenInterpreter& frozen) {
  return {frozen.boot.process(), frozen.process};
}

// One that moves is found by comparing boots.
Result<FrozenInterpreter> boot_first(const BuildOptions& options, const Origin& origin,
                                     const Installation& installation, const BootOrders& orders,
                                     const std::function<void(const std::string&)>& report,
                                     BootInputs& inputs) {
  uint64_t ceiling = 0;  // of the boot's choice
  if (options.relocatable != Relocatable::kNo) {
    const Result<uint64_t> comparable = random_comparable_ceiling();
    if (!comparable) return support::fail(comparable.error());
    ceiling = *comparable;
  }
  return boot_and_freeze(origin.python, installation, orders, report, inputs, ceiling);
}

// Boots again, with the inputs of the first boot, if the image is to be one that moves.
Result<Relocation> find_relocation(const BuildOptions& options, const Origin& origin,
                                   const Installation& installation, const BootOrders& orders,
                                   const std::function<void(const std::string&)>& report,
                                   BootInputs& inputs, const FrozenInterpreter& frozen,
                                   snapshot::Snapshot& snapshot) {
  if (options.relocatable.value_or(Relocatable::kNo) == Relocatable::kNo) return Relocation();
  Unrepeatable unrepeatable;
  const auto boot_again = [&](uint64_t ceiling) -> Result<snapshot::Snapshot> {
    inputs.begin_again();
    const Result<FrozenInterpreter> again =
        boot_and_freeze(origin.python, installation, orders, report, inputs, ceiling);
    if (!again) return support::fail(again.error());
    Result<snapshot::Snapshot> other =
        snapshot::capture(frozen_process(*again, origin, installation, options.carry));
    if (other && ceiling == snapshot.ceiling)
      unrepeatable.add(snapshot, processes_of(frozen), *other, processes_of(*again));
    return other;
  };
  Result<Relocation> relocation =
      make_relocatable(minor_version_of(origin.python), snapshot, boot_again);
  if (relocation) relocation->unrepeatable = unrepeatable.as_inputs();
  return relocation;
}

Status add_relocation(const BuildOptions& options, const Relocation& relocation,
                      const std::vector<std::string>& lines, elf_writer::ImageContents& contents) {
  std::vector<std::string>& notices = contents.notices;
  if (options.relocatable == Relocatable::kRequire && !relocation.obstacle.empty()) {
    return support::fail(Error::because(
        ErrorKind::kRefused,
        fmt::format("the image cannot be relocatable: {}; leave out --relocatable=require, or "
                    "relocatable in the configuration{}{}",
                    relocation.obstacle, lines.empty() ? "" : "\n", fmt::join(lines, "\n"))));
  }
  if (!relocation.obstacle.empty())
    notices.push_back("the image is pinned: " + relocation.obstacle);
  if (options.aslr == Aslr::kLaunch && !relocation.relocations)
    notices.push_back("its launches run plain Python, as aslr is \"launch\" in the configuration");
  notices.insert(notices.end(), lines.begin(), lines.end());
  return {};
}

// What launches of a draft tell: who owns what does not move or must not be shared, and which pages
// each launch writes.
Status examine_draft(const BuildOptions& options, const Installation& installation,
                     const snapshot::Snapshot& snapshot, const BootOrders& orders,
                     const BootInputs& inputs, const Relocation& relocation,
                     elf_writer::ImageContents& contents) {
  const TemporaryImage draft(options.output);
  contents.relocations = relocation.relocations;
  const Result<elf_writer::WrittenImage> written =
      elf_writer::write_image(snapshot, contents, draft.path(), elf_writer::Purpose::kDraft);
  if (!written) return support::fail(written.error());
  const std::vector<std::string> lines =
      obstacle_lines(installation, draft.path(), snapshot, relocation);
  if (const Status good = add_relocation(options, relocation, lines, contents); !good) return good;
  const std::vector<CapturedFact> keys =
      captured_keys(installation, draft.path(), snapshot, inputs);
  if (const Status good = refuse_keys(keys, options.allowed_captured); !good) return good;
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
                   : boot_first(options, *origin, *installation, orders, report, inputs);
  if (!frozen) return support::fail(frozen.error());

  // 3. Capture. The frozen process is not needed after it.
  report("capture");
  Result<snapshot::Snapshot> snapshot =
      snapshot::capture(frozen_process(*frozen, *origin, *installation, options.carry));
  if (!snapshot) return support::fail(snapshot.error());
  const Result<Relocation> relocation =
      find_relocation(options, *origin, *installation, orders, report, inputs, *frozen, *snapshot);
  if (!relocation) return support::fail(relocation.error());

  // 4. A draft shows what its launches write, and whose it is that does not move.
  report("draft");
  Result<elf_writer::ImageContents> contents =
      image_contents(options, *origin, *installation, *frozen, *snapshot, orders);
  if (!contents) return support::fail(contents.error());
  contents->program = program->script;
  contents->program_kind = static_cast<uint32_t>(program->kind);
  if (const Status examined =
          examine_draft(options, *installation, *snapshot, orders, inputs, *relocation, *contents);
      !examined)
    return examined;

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
