// Keys that imports have drawn and kept: each launch of the image would have the same.
//
// The part of an audit that needs no other boot. The builder has answered the boot's questions of
// chance itself, so it knows the bytes, and looks for them in the snapshot.
#pragma once

#include <string>
#include <vector>

#include "launcher/boot_inputs.h"
#include "launcher/captured_facts.h"
#include "launcher/installation.h"
#include "snapshot/snapshot.h"
#include "support/error.h"

namespace pysnap::launcher {

// What a key can look like that was made of these bytes: as they are, as hexadecimal digits, in
// the two alphabets of base64.
std::vector<std::string> forms_of_key(const std::string& bytes);

// Objects of modules that hold such bytes, in a launch of `image` too, and after everything was
// imported there. Where no launch can be asked, none.
std::vector<CapturedFact> captured_keys(const Installation& installation, const std::string& image,
                                        const snapshot::Snapshot& snapshot,
                                        const BootInputs& inputs);

// An error that blames the modules of what is left. `allowed`: modules, or paths of objects.
support::Status refuse_keys(const std::vector<CapturedFact>& keys,
                            const std::vector<std::string>& allowed);

}  // namespace pysnap::launcher
