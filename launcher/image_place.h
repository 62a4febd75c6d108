// Where the launches of an image lie: what a build can be asked for.
#pragma once

namespace pysnap::launcher {

enum class Relocatable {
  kNo,       // the image stays where it is built
  kPrefer,   // the same where it must, and a note says why
  kRequire,  // that is an error
};

// What launches do where neither an option nor a variable says it.
enum class Aslr {
  kImage,   // they lie at the image's own place
  kLaunch,  // each lies at another random one
};

inline const char* name_of(Relocatable relocatable) {
  switch (relocatable) {
    case Relocatable::kNo:
      return "no";
    case Relocatable::kPrefer:
      return "prefer";
    case Relocatable::kRequire:
      return "require";
  }
  return "";
}

inline const char* name_of(Aslr aslr) { return aslr == Aslr::kLaunch ? "launch" : "image"; }

}  // namespace pysnap::launcher
