// The agent's Python half, carried as source text and compiled by the interpreter it serves.
#pragma once

namespace pysnap::agent {

struct EmbeddedSource {
  const char* name;  // shown in tracebacks of the builder only
  const char* text;
};

struct EmbeddedSources {
  const EmbeddedSource* first;
  const EmbeddedSource* last;
  const EmbeddedSource* begin() const { return first; }
  const EmbeddedSource* end() const { return last; }
};

// In the order in which they must be executed.
EmbeddedSources embedded_sources();

}  // namespace pysnap::agent
