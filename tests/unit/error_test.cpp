#include "support/error.h"

#include <catch2/catch.hpp>

#include "launcher/exit_status.h"

namespace pysnap::support {
namespace {

TEST_CASE("an error of the system keeps its number and says it in words") {
  errno = ENOSPC;
  const Error error = Error::from_errno("writing the image");
  CHECK(error.kind == ErrorKind::kFailed);
  CHECK(error.number == ENOSPC);
  CHECK(error.sentence == "writing the image: No space left on device");
}

TEST_CASE("context goes in front and changes nothing else") {
  const Error error = Error::because(ErrorKind::kRefused, "it is too late").in("the module x");
  CHECK(error.kind == ErrorKind::kRefused);
  CHECK(error.sentence == "the module x: it is too late");
}

TEST_CASE("each kind of error has the exit status that is documented") {
  using launcher::exit_status_of;
  CHECK(static_cast<int>(exit_status_of(ErrorKind::kUsage)) == 2);
  CHECK(static_cast<int>(exit_status_of(ErrorKind::kInput)) == 3);
  CHECK(static_cast<int>(exit_status_of(ErrorKind::kRefused)) == 4);
  CHECK(static_cast<int>(exit_status_of(ErrorKind::kFailed)) == 5);
  CHECK(static_cast<int>(exit_status_of(ErrorKind::kInternal)) == 70);
}

}  // namespace
}  // namespace pysnap::support
