#include "launcher/python_probe.h"

#include <catch2/catch.hpp>

#include "unit/sample.h"

namespace pysnap::tests {
namespace {

std::string sentence_for(const std::string& python) {
  const auto probed = launcher::probe_python(python);
  REQUIRE_FALSE(probed);
  CHECK(probed.error().kind == support::ErrorKind::kInput);
  return probed.error().sentence;
}

// An interpreter that answers the probe with these lines.
std::string sentence_for_answer(const std::string& lines) {
  const TemporaryDirectory directory;
  write_script(directory.path("python"), "cat <<END\n" + lines + "END\n");
  return sentence_for(directory.path("python"));
}

bool contains(const std::string& sentence, const std::string& part) {
  return sentence.find(part) != std::string::npos;
}

TEST_CASE("a missing interpreter is named, with the way out") {
  const std::string sentence = sentence_for("/nowhere/python");
  CHECK(contains(sentence, "/nowhere/python"));
  CHECK(contains(sentence, "does not exist"));
  CHECK(contains(sentence, "--python"));
}

TEST_CASE("a name that is not on the path is named, with the way out") {
  const std::string sentence = sentence_for("python-that-nobody-has");
  CHECK(contains(sentence, "python-that-nobody-has"));
  CHECK(contains(sentence, "PATH"));
  CHECK(contains(sentence, "--python"));
}

TEST_CASE("directories and files that are not executable are no interpreters") {
  const TemporaryDirectory directory;
  write_file(directory.path("text"), "print(1)\n");
  for (const std::string& path : {directory.path("text"), directory.path("")}) {
    const std::string sentence = sentence_for(path);
    CHECK(contains(sentence, path));
    CHECK(contains(sentence, "--python"));
  }
}

TEST_CASE("programs that do not answer like Python are no interpreters") {
  for (const char* program : {"/bin/true", "/bin/false", "/bin/echo"})
    CHECK(contains(sentence_for(program), "is not a Python 3 interpreter"));
}

TEST_CASE("versions that are too old or too new are refused with those that are not") {
  for (const char* version : {"3.9.18", "3.8.0", "2.7.18", "3.14.0", "3.1.0", "4.0.0"}) {
    const std::string sentence =
        sentence_for_answer(fmt::format("cpython\n{}\n\n/usr/bin/python3\n", version));
    CHECK(contains(sentence, version));
    CHECK(contains(sentence, "CPython 3.10, 3.11, 3.12 and 3.13 are supported"));
  }
}

TEST_CASE("other implementations are refused by name") {
  const std::string sentence = sentence_for_answer("pypy\n3.10.13\n\n/usr/bin/pypy3\n");
  CHECK(contains(sentence, "is pypy, not CPython"));
}

TEST_CASE("free-threaded builds are refused") {
  CHECK(contains(sentence_for_answer("cpython\n3.13.0\nt\n/usr/bin/python3\n"), "free-threaded"));
}

TEST_CASE("an interpreter that does not know its own executable is refused") {
  for (const char* executable : {"/nowhere/python3", ""}) {
    CHECK(contains(sentence_for_answer(fmt::format("cpython\n3.11.2\n\n{}\n", executable)),
                   "names an executable of its own that does not exist"));
  }
}

TEST_CASE("an interpreter whose file is no dynamic program is refused") {
  const TemporaryDirectory directory;
  write_file(directory.path("text"), std::string(100, 'x'));
  const std::string text = directory.path("text");
  CHECK(contains(sentence_for_answer(fmt::format("cpython\n3.11.2\n\n{}\n", text)),
                 text + " is not an ELF program for x86-64"));
  const std::string fixed = PYSNAP_RUN_PROGRAM;
  CHECK(contains(sentence_for_answer(fmt::format("cpython\n3.11.2\n\n{}\n", fixed)),
                 fixed + " has no dynamic loader"));
}

TEST_CASE("the active virtual environment's interpreter is the default") {
  const TemporaryDirectory directory;
  const ScopedVariable active("VIRTUAL_ENV", directory.path("").c_str());
  CHECK(contains(sentence_for(""), directory.path("")));
}

TEST_CASE("without a virtual environment python3 on the path is the default") {
  const TemporaryDirectory directory;
  write_script(directory.path("python3"), "echo no");
  const ScopedVariable inactive("VIRTUAL_ENV", nullptr);
  const ScopedVariable path("PATH", ("/nowhere::" + directory.path("") + ":/usr/bin:/bin").c_str());
  CHECK(contains(sentence_for(""), directory.path("")));
}

}  // namespace
}  // namespace pysnap::tests
