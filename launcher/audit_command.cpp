#include "launcher/audit_command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "elf_writer/image_writer.h"
#include "launcher/audited_inputs.h"
#include "launcher/build_plan.h"
#include "launcher/captured_facts.h"
#include "launcher/image_file.h"
#include "launcher/json_text.h"
#include "launcher/progress.h"
#include "launcher/unrepeatable.h"
#include "snapshot/capture.h"

namespace pysnap::launcher {
namespace {

using nlohmann::ordered_json;
using support::Error;
using support::ErrorKind;
using support::Result;
using support::Status;

// A directory that goes with its content. Its name is as long as that of the working directory
// where that can be.
class TemporaryDirectory {
 public:
  static Result<TemporaryDirectory> make(size_t length) {
    constexpr size_t kShortest = 2;
    constexpr size_t kUsual = 12;
    constexpr int kAttempts = 100;
    const std::string above = std::filesystem::temp_directory_path().string() + "/";
    const size_t size = length < above.size() + kShortest ? kUsual : length - above.size();
    std::random_device chance;
    for (int i = 0; i < kAttempts; ++i) {
      std::string path = above;
      for (size_t at = 0; at < size; ++at) path += static_cast<char>('a' + chance() % 26);
      if (::mkdir(path.c_str(), 0700) == 0) return TemporaryDirectory(path);
      if (errno != EEXIST) break;
    }
    return support::fail(Error::from_errno("making a temporary directory"));
  }
  TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

struct Boot {
  FrozenInterpreter frozen;
  snapshot::Snapshot snapshot;

  BootProcesses processes() const { return {frozen.boot.process(), frozen.process}; }
};

// What the inputs' boots have in common.
class Auditor {
 public:
  Auditor(const BuildOptions& options, Installation installation, Origin origin, BootOrders orders)
      : options_(options),
        installation_(std::move(installation)),
        origin_(std::move(origin)),
        orders_(std::move(orders)) {}

  Result<Boot> boot(const std::string& step) {
    const auto report = [&](const std::string& what) {
      progress_.show(fmt::format("{}: {}", step, what));
    };
    Result<FrozenInterpreter> frozen =
        boot_and_freeze(origin_.python, installation_, orders_, report, inputs_, ceiling_);
    if (!frozen) return support::fail(frozen.error());
    ceiling_ = frozen->ceiling;
    Result<snapshot::Snapshot> snapshot =
        snapshot::capture(frozen_process(*frozen, origin_, installation_, options_.carry));
    if (!snapshot) return support::fail(snapshot.error());
    return Boot{std::move(*frozen), std::move(*snapshot)};
  }

  Status write_draft(const Boot& boot, const OwnProgram& program, const std::string& path) {
    Result<elf_writer::ImageContents> contents =
        image_contents(options_, origin_, installation_, boot.frozen, boot.snapshot, orders_);
    if (!contents) return support::fail(contents.error());
    contents->program = program.script;
    contents->program_kind = static_cast<uint32_t>(program.kind);
    const Result<elf_writer::WrittenImage> written =
        elf_writer::write_image(boot.snapshot, *contents, path, elf_writer::Purpose::kDraft);
    return written ? Status() : support::fail(written.error());
  }

  // The words that differ with this input, and in boots with equal inputs do not; an error where
  // the boot fails.
  Result<InputWords> words_with(const AuditedInput& input, const Boot& first,
                                const std::set<uint64_t>& unrepeatable) {
    const Result<ChangedSurroundings> surroundings = ChangedSurroundings::make(input);
    if (!surroundings) return support::fail(surroundings.error());
    inputs_.begin_again(input.told);
    const Result<Boot> other = boot(input.name);
    if (!other) return support::fail(other.error());
    InputWords found = {input.name, input.variable,
                        snapshot::differing_words(first.snapshot, other->snapshot)};
    std::erase_if(found.words,
                  [&](const auto& word) { return unrepeatable.contains(word.address); });
    return found;
  }

  Result<Owners> owners(const std::string& image, const std::vector<uint64_t>& addresses,
                        Published published) {
    progress_.show("owners");
    return find_owners(installation_, image, addresses, published);
  }

  void begin_again() { inputs_.begin_again(); }
  void hide_progress() { progress_.show(""); }

 private:
  const BuildOptions& options_;
  Installation installation_;
  Origin origin_;
  BootOrders orders_;
  BootInputs inputs_;
  uint64_t ceiling_ = 0;  // 0: of the first boot's choice
  Progress progress_;
};

// What was looked at, and what not.
struct AuditResult {
  std::vector<CapturedFact> facts;
  std::vector<std::string> compared;  // variables that every launch of the image agrees on
  std::vector<std::string> left_out;  // sentences
};

// The names whose values the image's launches have.
std::set<std::string> compared_variables(const ImageFile& image) {
  std::set<std::string> names;
  for (const format::EnvironmentKey& key : image.view().environment()) {
    if (key.kind <= format::VariableKind::kDigest) names.insert(image.view().string(key.name));
  }
  return names;
}

// Those that every user has, those that imports ask for, and those whose values the image holds.
std::vector<std::string> variables_to_change(const Owners& frozen, const ImageFile& image,
                                             AuditResult& result) {
  const std::set<std::string> compared = compared_variables(image);
  std::set<std::string> names = {"HOME", "LOGNAME", "USER", "LANG", "LC_ALL"};
  for (const VariableRead& read : frozen.reads) names.insert(read.variable);
  for (const std::string& name : texts_of(image.view(), image.view().captured()))
    names.insert(name);
  std::vector<std::string> wanted;
  for (const std::string& name : names) {
    if (compared.contains(name))
      result.compared.push_back(name);
    else if (std::getenv(name.c_str()) != nullptr)
      wanted.push_back(name);
    else
      result.left_out.push_back(fmt::format("variable {}: it is not set", name));
  }
  return wanted;
}

std::vector<uint64_t> addresses_of(const std::vector<InputWords>& inputs) {
  std::set<uint64_t> addresses;
  for (const InputWords& input : inputs) {
    for (const snapshot::DifferingWord& word : input.words) addresses.insert(word.address);
  }
  return {addresses.begin(), addresses.end()};
}

void leave_out_shifted(std::vector<InputWords>& inputs, AuditResult& result) {
  for (InputWords& input : inputs) {
    if (input.words.size() <= kMostWords) continue;
    result.left_out.push_back(
        fmt::format("{}: another one lays memory out otherwise ({} words differ)", input.input,
                    input.words.size()));
    input.words.clear();
  }
}

Result<LookedAt> look_at(Auditor& auditor, const std::string& image,
                         const std::vector<uint64_t>& addresses) {
  LookedAt looked_at;
  for (Owners* owners : {&looked_at.frozen, &looked_at.published[0], &looked_at.published[1]}) {
    const bool is_frozen = owners == &looked_at.frozen;
    Result<Owners> found =
        auditor.owners(image, addresses, is_frozen ? Published::kNothing : Published::kEverything);
    if (!found) return support::fail(found.error());
    *owners = std::move(*found);
  }
  return looked_at;
}

// 1. Boots with equal inputs: what differs between them is set aside. 2. An image of the first, to
// ask. 3. A boot for each input. 4. The owners: as frozen, and in two launches.
Result<AuditResult> find_facts(Auditor& auditor, const OwnProgram& program,
                               const std::string& directory) {
  constexpr int kEqualBoots = 2;  // besides the first: what varies little can be equal in one
  AuditResult result;
  Result<Boot> first = auditor.boot("boot");
  if (!first) return support::fail(first.error());
  Unrepeatable unrepeatable;
  for (int i = 0; i < kEqualBoots; ++i) {
    auditor.begin_again();
    const Result<Boot> again = auditor.boot("the same again");
    if (!again) return support::fail(again.error());
    unrepeatable.add(first->snapshot, first->processes(), again->snapshot, again->processes());
  }
  std::vector<InputWords> inputs = unrepeatable.as_inputs();
  const std::string image = directory + "/audited.image";
  if (const Status written = auditor.write_draft(*first, program, image); !written)
    return support::fail(written.error());
  const Result<ImageFile> file = ImageFile::open(image);
  if (!file) return support::fail(file.error());
  const Result<Owners> asked = auditor.owners(image, {}, Published::kNothing);
  if (!asked) return support::fail(asked.error());
  for (const AuditedInput& input :
       audited_inputs(variables_to_change(*asked, *file, result), directory)) {
    Result<InputWords> words = auditor.words_with(input, *first, unrepeatable.addresses());
    if (words)
      inputs.push_back(std::move(*words));
    else
      result.left_out.push_back(fmt::format("{}: {}", input.name, words.error().sentence));
  }
  leave_out_shifted(inputs, result);
  const Result<LookedAt> looked_at = look_at(auditor, image, addresses_of(inputs));
  if (!looked_at) return support::fail(looked_at.error());
  result.facts = captured_facts(inputs, *looked_at, first->snapshot);
  return result;
}

void print_text(const AuditResult& result) {
  for (const CapturedFact& fact : result.facts) {
    const std::string type = fact.type.empty() ? "" : fmt::format(" ({})", fact.type);
    const std::string remark = fact.remark.empty() ? "" : "; " + fact.remark;
    fmt::print("{}: {}: {}{}{}\n", name_of(fact.state), fact.input, fact.path, type, remark);
  }
  for (const std::string& name : result.compared)
    fmt::print("compared: variable {}: launches with another value run plain Python\n", name);
  for (const std::string& sentence : result.left_out) fmt::print("left out: {}\n", sentence);
}

void print_json(const AuditResult& result) {
  ordered_json facts = ordered_json::array();
  for (const CapturedFact& fact : result.facts) {
    facts.push_back({{"state", name_of(fact.state)},
                     {"input", fact.input},
                     {"module", fact.module},
                     {"path", fact.path},
                     {"type", fact.type},
                     {"detail", fact.detail},
                     {"words", fact.words},
                     {"remark", fact.remark}});
  }
  const ordered_json all = {
      {"facts", facts}, {"compared_variables", result.compared}, {"left_out", result.left_out}};
  fmt::print("{}\n", json_text(all));
}

}  // namespace

Status audit(const BuildOptions& options, OutputForm form) {
  const Result<Installation> installation = find_installation();
  if (!installation) return support::fail(installation.error());
  const Result<Origin> origin = find_origin(options);
  if (!origin) return support::fail(origin.error());
  BootOrders orders;
  const Result<OwnProgram> program = plan_program(options, *origin, orders);
  if (!program) return support::fail(program.error());
  std::error_code error;
  const Result<TemporaryDirectory> directory =
      TemporaryDirectory::make(std::filesystem::current_path(error).string().size());
  if (!directory) return support::fail(directory.error());
  Auditor auditor(options, *installation, *origin, orders);
  Result<AuditResult> result = find_facts(auditor, *program, directory->path());
  auditor.hide_progress();
  if (!result) return support::fail(result.error());
  result->left_out.emplace_back("the user's id: it cannot be changed here, only USER and LOGNAME");
  if (form == OutputForm::kJson)
    print_json(*result);
  else
    print_text(*result);
  return {};
}

Result<BuildOptions> options_of_image(const std::string& path) {
  const Result<BaseImage> image = open_base_image(path);
  if (!image) return support::fail(image.error());
  if (!image->program.empty())
    return support::fail(Error::because(
        ErrorKind::kUsage, fmt::format("{} is an image of the program {}; name the options that it "
                                       "was built with",
                                       path, image->program)));
  BuildOptions options;
  options.python = image->python.executable;
  options.python_words = image->python_options;
  options.variables.ignored = image->ignored_variables;
  const Result<ImageFile> file = ImageFile::open(path);
  if (!file) return support::fail(file.error());
  for (const std::string& name : texts_of(file->view(), file->view().modules())) {
    if (name != "__main__" && name != "__mp_main__") options.modules.push_back(name);
  }
  return options;
}

}  // namespace pysnap::launcher
