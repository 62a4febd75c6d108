#include "bare/text.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace pysnap::bare {
namespace {

TEST_CASE("texts are compared to their ends") {
  CHECK(length_of("") == 0);
  CHECK(length_of("abc") == 3);
  CHECK(equal("", ""));
  CHECK(equal("abc", "abc"));
  CHECK_FALSE(equal("abc", "abcd"));
  CHECK_FALSE(equal("abcd", "abc"));
  CHECK_FALSE(equal("", "a"));
}

TEST_CASE("a text starts with each of its fronts") {
  CHECK(starts_with("abc", ""));
  CHECK(starts_with("abc", "abc"));
  CHECK_FALSE(starts_with("ab", "abc"));
  CHECK_FALSE(starts_with("", "a"));
}

TEST_CASE("a variable is found by its whole name") {
  char first[] = "PATHS=x";
  char second[] = "PATH=/bin";
  char third[] = "EMPTY=";
  char fourth[] = "PATH=second";
  char* environment[] = {first, second, third, fourth, nullptr};
  CHECK(environment_value(environment, "PATH") == std::string("/bin"));
  CHECK(environment_value(environment, "EMPTY") == std::string());
  CHECK(environment_value(environment, "PAT") == nullptr);
  char* none[] = {nullptr};
  CHECK(environment_value(none, "PATH") == nullptr);
}

TEST_CASE("hexadecimal digits are read up to the first other character") {
  const char* text = "7fff12ab-rest";
  CHECK(parse_hexadecimal(text) == 0x7fff12ab);
  CHECK(text == std::string("-rest"));
  const char* none = "xyz";
  CHECK(parse_hexadecimal(none) == 0);
  CHECK(none == std::string("xyz"));
}

TEST_CASE("numbers of every size are written") {
  Message message;
  message.add_number(0).add(" ").add_number(-17).add(" ");
  message.add_number(std::numeric_limits<int64_t>::min()).add(" ");
  message.add_number(std::numeric_limits<int64_t>::max()).add(" ").add_hexadecimal(0).add(" ");
  message.add_hexadecimal(~uint64_t{0});
  CHECK(message.text() ==
        std::string("0 -17 -9223372036854775808 9223372036854775807 0x0 0xffffffffffffffff"));
}

TEST_CASE("a message that is too long is cut and stays terminated") {
  Message message;
  for (int i = 0; i < 10000; ++i) message.add("0123456789");
  const std::string text = message.text();
  CHECK(text.size() > 4000);
  CHECK(text.size() < 4096);
  message.add_number(5);
  CHECK(message.text() == text);
}

TEST_CASE("a directory ends with the last slash of a path") {
  const auto directory = [](const std::string& path) {
    return path.substr(0, directory_length(path.c_str(), path.size()));
  };
  CHECK(directory("/usr/bin/python3") == "/usr/bin/");
  CHECK(directory("/usr/bin/") == "/usr/bin/");
  CHECK(directory("/python3") == "/");
  CHECK(directory("python3").empty());
  CHECK(directory("").empty());
  CHECK(directory_length("/usr/bin/python3", 8) == 5);
}

TEST_CASE("the last part of a path follows its last slash") {
  CHECK(last_part("/usr/bin/python3") == std::string("python3"));
  CHECK(last_part("python3") == std::string("python3"));
  CHECK(last_part("/usr/bin/") == std::string());
}

TEST_CASE("a list with colons has empty entries, too") {
  const auto entries = [](const char* rest) {
    std::vector<std::string> found;
    for (Part entry; next_entry(rest, entry);) found.emplace_back(entry.begin, entry.size);
    CHECK(rest == nullptr);
    return found;
  };
  using Entries = std::vector<std::string>;
  CHECK(entries("/usr/bin:/bin") == Entries{"/usr/bin", "/bin"});
  CHECK(entries("/bin") == Entries{"/bin"});
  CHECK(entries("") == Entries{""});
  CHECK(entries(":/bin::") == Entries{"", "/bin", "", ""});
  CHECK(entries(nullptr).empty());
}

}  // namespace
}  // namespace pysnap::bare
