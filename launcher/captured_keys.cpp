#include "launcher/captured_keys.h"

#include <algorithm>

#include "launcher/name_list.h"
#include "snapshot/find_bytes.h"
#include "snapshot/snapshot_memory.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::Result;
using support::Status;

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Whole groups of three bytes: an end that is filled up tells nothing more.
std::string base64(const std::string& bytes, std::string_view alphabet) {
  std::string text;
  for (size_t at = 0; at + 3 <= bytes.size(); at += 3) {
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) group = group << 8 | static_cast<unsigned char>(bytes[at + i]);
    for (int shift = 18; shift >= 0; shift -= 6) text += alphabet[group >> shift & 63];
  }
  return text;
}

std::string hexadecimal(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

// As if another boot had been told other bytes.
InputWords words_at(const std::vector<uint64_t>& places, const snapshot::Snapshot& snapshot) {
  InputWords words = {"entropy", "", {}};
  const snapshot::SnapshotMemory memory(snapshot);
  for (const uint64_t place : places) {
    const uint64_t word = memory.word(place).value_or(0);
    words.words.push_back({place, word, ~word});
  }
  return words;
}

std::vector<CapturedFact> held_by_modules(const InputWords& words, const LookedAt& looked_at,
                                          const snapshot::Snapshot& snapshot) {
  std::vector<CapturedFact> facts = captured_facts({words}, looked_at, snapshot);
  std::erase_if(facts, [](const CapturedFact& fact) {
    return fact.state != FactState::kHeld || fact.module.empty();
  });
  return facts;
}

}  // namespace

std::vector<std::string> forms_of_key(const std::string& bytes) {
  return {bytes, hexadecimal(bytes), base64(bytes, kStandard), base64(bytes, kUrlSafe)};
}

std::vector<CapturedFact> captured_keys(const Installation& installation, const std::string& image,
                                        const snapshot::Snapshot& snapshot,
                                        const BootInputs& inputs) {
  std::vector<std::string> texts;
  for (const std::string& bytes : inputs.chance()) {
    if (bytes.size() < snapshot::kFoundBytes) continue;
    for (std::string& text : forms_of_key(bytes)) texts.push_back(std::move(text));
  }
  const std::vector<uint64_t> places = snapshot::find_bytes(snapshot, texts);
  if (places.empty()) return {};
  const InputWords words = words_at(places, snapshot);
  const Result<Owners> frozen = find_owners(installation, image, places);
  if (!frozen) return {};
  LookedAt looked_at = {*frozen, {*frozen, *frozen}};
  if (held_by_modules(words, looked_at, snapshot).empty()) return {};
  const Result<Owners> published = find_owners(installation, image, places, Published::kEverything);
  if (!published) return {};
  looked_at.published[0] = looked_at.published[1] = *published;
  return held_by_modules(words, looked_at, snapshot);
}

Status refuse_keys(const std::vector<CapturedFact>& keys, const std::vector<std::string>& allowed) {
  Error error = Error::because(ErrorKind::kRefused, "");
  for (const CapturedFact& key : keys) {
    if (contains(allowed, key.path) || contains(allowed, key.module)) continue;
    add_once(error.blamed, key.module);
    error.sentence += fmt::format(
        "{}{} ({}) holds random bytes of the build, which all launches would share; list {} in "
        "code-only, or renew it in a hook and accept it with --allow-captured \"{}\"",
        error.sentence.empty() ? "" : "\n", key.path, key.type, key.module, key.path);
  }
  return error.blamed.empty() ? Status() : support::fail(error);
}

}  // namespace pysnap::launcher
