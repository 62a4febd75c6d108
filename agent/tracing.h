// Trace and profile functions, and tools of sys.monitoring: whoever sets one wants to see imports
// execute, and nothing of the agent.
#pragma once

namespace pysnap::agent {

// Before the freeze.
void find_tracing();

// Whether this thread is watched now.
bool is_traced();

// While one is there, the agent's Python code runs unseen. (In 3.10, which cannot do that, it is
// seen.)
class Untraced {
 public:
  Untraced() { hide(); }
  ~Untraced() { show(); }
  Untraced(const Untraced&) = delete;
  Untraced& operator=(const Untraced&) = delete;

  void hide() const;
  void show() const;
};

}  // namespace pysnap::agent
