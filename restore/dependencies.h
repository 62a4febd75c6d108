// Whether what the boot has read and looked up is still there and the same.
//
// A launch has about a millisecond: one stat(2) for each dependency, in the order of the table, and
// nothing else as long as nothing has changed. A directory with another time of modification is
// listed, which costs more, but no digest of files is ever computed.
#pragma once

#include "bare/text.h"
#include "format/image_view.h"

namespace pysnap::restore {

// `explanation` gets a sentence that names the first path that differs.
bool dependencies_agree(const format::ImageView& image, bare::Message& explanation);

}  // namespace pysnap::restore
