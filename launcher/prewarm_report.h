// What `pysnap prewarm` says at its end.
#pragma once

#include <string>
#include <vector>

#include "launcher/prewarm_program.h"

namespace pysnap::launcher {

// A table, the notices, and on standard error a sentence for each program that failed. `removed`:
// images, relative to the directory.
void print_report(const std::string& directory, const std::vector<PrewarmedProgram>& programs,
                  const std::vector<std::string>& removed);

void print_report_as_json(const std::string& directory,
                          const std::vector<PrewarmedProgram>& programs,
                          const std::vector<std::string>& removed);

// The rows with columns as wide as their longest cells; what is a number stands on the right.
std::string table_of(const std::vector<std::vector<std::string>>& rows);

}  // namespace pysnap::launcher
