#include "launcher/inspect_owners.h"

#include "launcher/json_text.h"
#include "launcher/owners.h"
#include "support/parse.h"

namespace pysnap::launcher {
namespace {

using nlohmann::ordered_json;
using support::Error;
using support::ErrorKind;
using support::Result;
using support::Status;

Result<std::vector<uint64_t>> read_addresses(const std::vector<std::string>& texts) {
  std::vector<uint64_t> addresses;
  for (const std::string& text : texts) {
    const std::string_view digits = std::string_view(text).substr(text.starts_with("0x") ? 2 : 0);
    uint64_t address = 0;
    if (!support::parse_number(digits, 16, address))
      return support::fail(Error::because(
          ErrorKind::kUsage, fmt::format("{} is no address: name hexadecimal digits", text)));
    addresses.push_back(address);
  }
  return addresses;
}

}  // namespace

Status inspect_owners(const std::string& path, const std::vector<std::string>& addresses,
                      OutputForm form) {
  const Result<std::vector<uint64_t>> wanted = read_addresses(addresses);
  if (!wanted) return support::fail(wanted.error());
  const Result<Installation> installation = find_installation();
  if (!installation) return support::fail(installation.error());
  const Result<Owners> found = find_owners(*installation, path, *wanted);
  if (!found) return support::fail(found.error());
  ordered_json owners = ordered_json::array();
  for (const Owner& owner : found->owners) {
    if (form == OutputForm::kText) fmt::print("{:#x}: {}\n", owner.address, describe(owner));
    owners.push_back({{"address", fmt::format("{:#x}", owner.address)},
                      {"kind", name_of(owner.kind)},
                      {"type", owner.type},
                      {"path", owner.path},
                      {"detail", owner.detail}});
  }
  if (form == OutputForm::kJson) fmt::print("{}\n", json_text(owners));
  if (!found->is_whole)
    fmt::print(stderr, "pysnap: there was no time to look at every object of the image\n");
  return {};
}

}  // namespace pysnap::launcher
