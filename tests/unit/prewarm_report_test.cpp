#include "launcher/prewarm_report.h"

#include <catch2/catch.hpp>

namespace pysnap::launcher {
namespace {

TEST_CASE("columns of a table are as wide as they need to be, numbers stand on the right") {
  CHECK(table_of({{"name", "size", "state"}, {"a", "12", "kept"}, {"longer", "", ""}}) ==
        "name    size  state\n"
        "a         12  kept\n"
        "longer\n");
}

TEST_CASE("a program's result survives the way between processes") {
  PrewarmedProgram program;
  program.state = PrewarmState::kKept;
  program.reason = "x";
  program.entry.form = "module";
  program.entry.name = "json.tool";
  program.entry.inputs = {{"learned", {"json"}}};
  program.notices = {"one", "two"};
  program.seconds = 1.5;
  const PrewarmedProgram again = program_from_text(to_text(program));
  CHECK(again.state == PrewarmState::kKept);
  CHECK(again.entry.name == "json.tool");
  CHECK(again.entry.inputs == program.entry.inputs);
  CHECK(again.notices == program.notices);
  CHECK(again.seconds == 1.5);
}

}  // namespace
}  // namespace pysnap::launcher
