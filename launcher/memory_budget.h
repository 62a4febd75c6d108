// How much memory builds may take at a time.
#pragma once

#include <cstdint>
#include <string>

namespace pysnap::launcher {

// Bytes that can be used now without swapping, by the whole machine (MemAvailable of /proc/meminfo)
// and by the control group of this process; the largest number where neither is known.
uint64_t available_memory();

// Of the text of /proc/meminfo; the largest number where it has no such line.
uint64_t available_in(const std::string& meminfo);

// The path of the control group in the text of /proc/self/cgroup; empty: it has no memory limit.
std::string control_group_in(const std::string& text);

// The most that a build takes: of all its processes together, with shared pages counted once, it
// was 2.4 to 3 times the size of the image (15 to 149 MB, 3.11). `size`: of the image, in bytes, or
// 0 where there was none yet.
uint64_t memory_of_build(uint64_t size);

}  // namespace pysnap::launcher
