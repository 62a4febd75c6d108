#include "launcher/startup_variables.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using Variables = std::vector<elf_writer::StartupVariable>;

const elf_writer::StartupVariable* find(const Variables& variables, const std::string& name) {
  for (const elf_writer::StartupVariable& variable : variables) {
    if (variable.name == name) return &variable;
  }
  return nullptr;
}

TEST_CASE("start-up variables are noted with their values, set, empty or not") {
  const ScopedVariable set("PYTHONPATH", "/modules");
  const ScopedVariable empty("PYTHONHASHSEED", "");
  const ScopedVariable unset("LC_ALL", nullptr);
  const Variables variables = launcher::startup_variables({}, {});
  REQUIRE(find(variables, "PYTHONPATH") != nullptr);
  CHECK(find(variables, "PYTHONPATH")->value == "/modules");
  REQUIRE(find(variables, "PYTHONHASHSEED") != nullptr);
  CHECK(find(variables, "PYTHONHASHSEED")->value == "");
  REQUIRE(find(variables, "LC_ALL") != nullptr);
  CHECK_FALSE(find(variables, "LC_ALL")->value.has_value());
}

TEST_CASE("no variable is noted twice") {
  snapshot::Snapshot snapshot = sample_snapshot();
  snapshot.files[0].original.path = "/usr/lib/libopenblas.so.0";
  snapshot.files[1].original.path = "/usr/lib/libgomp.so.1";
  Variables variables = launcher::startup_variables(snapshot, {});
  std::sort(variables.begin(), variables.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  CHECK(std::adjacent_find(variables.begin(), variables.end(), [](const auto& a, const auto& b) {
          return a.name == b.name;
        }) == variables.end());
  CHECK(find(variables, "OMP_NUM_THREADS") != nullptr);
}

TEST_CASE("variables of a library count only where it is mapped") {
  CHECK(find(launcher::startup_variables({}, {}), "OPENBLAS_NUM_THREADS") == nullptr);
  snapshot::Snapshot snapshot = sample_snapshot();
  snapshot.files[1].original.path = "/venv/numpy.libs/libopenblas64_p-r0.so";
  CHECK(find(launcher::startup_variables(snapshot, {}), "OPENBLAS_NUM_THREADS") != nullptr);
}

TEST_CASE("variables that imports have read count, once each") {
  const ScopedVariable read("READ_BY_AN_IMPORT", "a value");
  const Variables variables = launcher::startup_variables({}, {{"READ_BY_AN_IMPORT", "HOME"}, {}});
  REQUIRE(find(variables, "READ_BY_AN_IMPORT") != nullptr);
  CHECK(find(variables, "READ_BY_AN_IMPORT")->value == "a value");
  CHECK(std::count_if(variables.begin(), variables.end(),
                      [](const auto& variable) { return variable.name == "HOME"; }) == 1);
  CHECK(find(launcher::startup_variables({}, {}), "READ_BY_AN_IMPORT") == nullptr);
}

TEST_CASE("a value that may be a secret is compared by its digest") {
  const ScopedVariable read("READ_BY_AN_IMPORT", "a value");
  const Variables variables = launcher::startup_variables({}, {{"READ_BY_AN_IMPORT"}, {}});
  CHECK(find(variables, "READ_BY_AN_IMPORT")->comparison == elf_writer::Comparison::kDigest);
  CHECK(find(variables, "HOME")->comparison == elf_writer::Comparison::kValue);
}

TEST_CASE("variables that are to be ignored are not compared, whoever has read them") {
  const Variables variables = launcher::startup_variables({}, {{"READ"}, {"HOME", "READ"}});
  for (const char* name : {"HOME", "READ"}) {
    REQUIRE(find(variables, name) != nullptr);
    CHECK(find(variables, name)->comparison == elf_writer::Comparison::kNone);
  }
}

TEST_CASE("the working directory is compared for the sake of a module that depends on it") {
  const launcher::DirectoryUse use = {"user", "seeker", {"name"}};
  const Variables variables = launcher::startup_variables({}, {{}, {}, use});
  REQUIRE(find(variables, "user") != nullptr);
  CHECK(find(variables, "user")->comparison == elf_writer::Comparison::kDirectory);
  CHECK(find(variables, "user")->value == std::filesystem::current_path().string());
  CHECK(find(variables, "seeker") == nullptr);
}

TEST_CASE("names that were sought in vain are compared, unless they are too many") {
  launcher::DirectoryUse use = {"", "seeker", {"name"}};
  Variables variables = launcher::startup_variables({}, {{}, {}, use});
  REQUIRE(find(variables, "seeker") != nullptr);
  CHECK(find(variables, "seeker")->comparison == elf_writer::Comparison::kAbsent);
  CHECK(find(variables, "seeker")->value == "name");
  use.absent.resize(1000, "name");
  variables = launcher::startup_variables({}, {{}, {}, use});
  CHECK(find(variables, "seeker")->comparison == elf_writer::Comparison::kDirectory);
  use.seeker = "";  // modules that are imported afresh have sought them
  CHECK(find(launcher::startup_variables({}, {{}, {}, use}), "seeker") == nullptr);
}

TEST_CASE("what decides how an interpreter starts cannot be ignored") {
  for (const char* name : {"PYTHONHASHSEED", "PYTHONVERBOSE", "LC_ALL", "LD_PRELOAD"})
    CHECK(launcher::decides_start(name));
  for (const char* name : {"HOME", "OMP_NUM_THREADS", "PYTHONASYNCIODEBUG", "TOKEN"})
    CHECK_FALSE(launcher::decides_start(name));
}

TEST_CASE("variables that no image can have are expected not to be set, whatever they are now") {
  const ScopedVariable verbose("PYTHONVERBOSE", "1");
  const Variables variables = launcher::startup_variables({}, {});
  REQUIRE(find(variables, "PYTHONVERBOSE") != nullptr);
  CHECK_FALSE(find(variables, "PYTHONVERBOSE")->value.has_value());
  for (const std::string& variable : launcher::boot_environment())
    CHECK_FALSE(variable.starts_with("PYTHONVERBOSE="));
}

TEST_CASE("an interpreter that ignores its variables is not asked about them") {
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{"-E"}, std::vector<std::string>{"-X", "dev", "-I"}}) {
    const Variables variables = launcher::startup_variables({}, {}, options);
    CHECK(find(variables, "HOME") != nullptr);
    CHECK(std::none_of(variables.begin(), variables.end(),
                       [](const auto& v) { return v.name.starts_with("PYTHON"); }));
  }
}

TEST_CASE("the boot gets the environment without what each launch applies by itself") {
  const ScopedVariable own("PYSNAP_CONTROL_DESCRIPTOR", "3");
  const ScopedVariable unbuffered("PYTHONUNBUFFERED", "1");
  const ScopedVariable other("PYTHONUNBUFFEREDX", "1");
  const auto variables = launcher::boot_environment();
  const auto has = [&](const std::string& variable) {
    return std::find(variables.begin(), variables.end(), variable) != variables.end();
  };
  CHECK_FALSE(has("PYSNAP_CONTROL_DESCRIPTOR=3"));
  CHECK_FALSE(has("PYTHONUNBUFFERED=1"));
  CHECK(has("PYTHONUNBUFFEREDX=1"));
}

}  // namespace
}  // namespace pysnap::tests
