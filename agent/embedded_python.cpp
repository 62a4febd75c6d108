#include "agent/embedded_python.h"

// The texts come from agent/embedded_sources.S, with a terminator each.
extern "C" {
extern const char pysnap_python_again[];
extern const char pysnap_python_learned[];
extern const char pysnap_python_classes[];
extern const char pysnap_python_watch[];
extern const char pysnap_python_prepare[];
extern const char pysnap_python_streams[];
extern const char pysnap_python_freshness[];
extern const char pysnap_python_fork_hooks[];
extern const char pysnap_python_generators[];
extern const char pysnap_python_temporary[];
extern const char pysnap_python_freshness_data[];
extern const char pysnap_python_environment_copies[];
extern const char pysnap_python_environment_reads[];
extern const char pysnap_python_directory_uses[];
extern const char pysnap_python_seeds[];
extern const char pysnap_python_hooks[];
extern const char pysnap_python_launch[];
extern const char pysnap_python_finish[];
extern const char pysnap_python_readline_aside[];
extern const char pysnap_python_effects[];
extern const char pysnap_python_patches[];
extern const char pysnap_python_effect_kinds[];
extern const char pysnap_python_recorder[];
extern const char pysnap_python_searches[];
extern const char pysnap_python_code_only[];
extern const char pysnap_python_hidden[];
extern const char pysnap_python_verdict[];
}

namespace pysnap::agent {

EmbeddedSources embedded_sources() {
  static const EmbeddedSource sources[] = {
      {"<pysnap classes>", pysnap_python_classes},
      {"<pysnap watch>", pysnap_python_watch},
      {"<pysnap streams>", pysnap_python_streams},
      {"<pysnap temporary>", pysnap_python_temporary},
      {"<pysnap freshness data>", pysnap_python_freshness_data},
      {"<pysnap environment copies>", pysnap_python_environment_copies},
      {"<pysnap environment reads>", pysnap_python_environment_reads},
      {"<pysnap directory uses>", pysnap_python_directory_uses},
      {"<pysnap freshness>", pysnap_python_freshness},
      {"<pysnap seeds>", pysnap_python_seeds},
      {"<pysnap launch>", pysnap_python_launch},
      {"<pysnap hooks>", pysnap_python_hooks},
      {"<pysnap generators>", pysnap_python_generators},
      {"<pysnap finish>", pysnap_python_finish},
      {"<pysnap fork hooks>", pysnap_python_fork_hooks},
      {"<pysnap effects>", pysnap_python_effects},
      {"<pysnap patches>", pysnap_python_patches},
      {"<pysnap effect kinds>", pysnap_python_effect_kinds},
      {"<pysnap recorder>", pysnap_python_recorder},
      {"<pysnap searches>", pysnap_python_searches},
      {"<pysnap code only>", pysnap_python_code_only},
      {"<pysnap hidden>", pysnap_python_hidden},
      {"<pysnap verdict>", pysnap_python_verdict},
      {"<pysnap readline aside>", pysnap_python_readline_aside},
      {"<pysnap learned>", pysnap_python_learned},
      {"<pysnap prepare>", pysnap_python_prepare},
      {"<pysnap again>", pysnap_python_again},
  };
  return {sources, sources + sizeof sources / sizeof sources[0]};
}

}  // namespace pysnap::agent
