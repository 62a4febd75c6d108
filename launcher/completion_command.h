// `pysnap completion`: what a shell needs to complete our command lines, made from the options
// themselves, so that it knows all of them and no other.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace pysnap::launcher {

inline constexpr const char* kShells[] = {"bash", "fish", "zsh"};

// A script for one of kShells that completes `pysnap` and `pysnap-run`.
std::string completion_for(const CLI::App& pysnap, const std::string& shell);

}  // namespace pysnap::launcher
