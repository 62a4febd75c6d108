// The inputs of a boot that `pysnap audit` changes, one at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/boot_inputs.h"
#include "support/error.h"

namespace pysnap::launcher {

struct AuditedInput {
  std::string name;      // as findings name it
  std::string variable;  // of the environment; empty: it is none
  ChangedInputs told;
  std::optional<std::string> value;  // of the variable instead; none: it is unset
  std::string directory;             // where to work instead; empty: here
};

// Time, chance, host name, working directory (`directory`, which exists), and these variables.
// Texts keep their length where they can: what is of another length moves what comes after it.
std::vector<AuditedInput> audited_inputs(const std::vector<std::string>& variables,
                                         const std::string& directory);

// While it lives, this process has the other value, and so have its children.
class ChangedSurroundings {
 public:
  static support::Result<ChangedSurroundings> make(const AuditedInput& input);
  ChangedSurroundings(ChangedSurroundings&& other) noexcept;
  ChangedSurroundings& operator=(ChangedSurroundings&&) = delete;
  ChangedSurroundings(const ChangedSurroundings&) = delete;
  ~ChangedSurroundings();

 private:
  ChangedSurroundings() = default;
  std::string variable_;
  std::optional<std::string> value_;  // as it was
  std::string directory_;             // as it was
};

}  // namespace pysnap::launcher
