#include "launcher/dependencies.h"

#include <catch2/catch.hpp>

#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using elf_writer::Dependency;
using format::DependencyKind;
using launcher::AccessedPath;
using launcher::Dependencies;
using launcher::FileState;
using launcher::SeenPath;

const FileState kMissing = {};
const FileState kFile = {DependencyKind::kFile, 10, 20, 30, 40, 50, 60, 70};
const FileState kDirectory = {DependencyKind::kDirectory, 4096, 21, 31, 41, 51, 61};

// Facts that are put together path by path; nothing changes until the end unless a test says so.
class Boot {
 public:
  SeenPath& reached(const std::string& path, const FileState& state) {
    SeenPath& seen = facts.paths[path];
    seen.access.then = seen.now = state;
    seen.access.was_reached = true;
    return seen;
  }
  SeenPath& listed(const std::string& path, const std::vector<std::string>& names) {
    SeenPath& seen = reached(path, kDirectory);
    seen.access.listings = 1;
    seen.access.names = seen.names_now = names;
    return seen;
  }
  void searched(const std::string& path, const std::set<std::string>& names, bool is_on_path) {
    facts.searched[path] = {is_on_path, 1, names};
  }

  std::vector<std::string> kept() const {
    std::vector<std::string> paths;
    for (const Dependency& dependency : dependencies_of(facts).kept)
      paths.push_back(dependency.path);
    return paths;
  }
  std::vector<std::string> changed() const { return dependencies_of(facts).changed; }
  Dependency at(const std::string& path) const {
    for (const Dependency& dependency : dependencies_of(facts).kept) {
      if (dependency.path == path) return dependency;
    }
    FAIL(path << " is not kept");
    return {};
  }

  launcher::DependencyFacts facts;
};

using Paths = std::vector<std::string>;

// Whether another name in a listed directory would be noticed.
bool notices(const Boot& boot, const std::string& directory, const std::string& name) {
  Boot other = boot;
  other.facts.paths[directory].names_now.push_back(name);
  return !other.changed().empty();
}

TEST_CASE("a file that was read is kept with its identity") {
  Boot boot;
  boot.reached("/lib/a.py", kFile);
  const FileState kept = boot.at("/lib/a.py").state;
  CHECK(kept.kind == DependencyKind::kFile);
  CHECK(kept.size == 10);
  CHECK(kept.inode == 20);
  CHECK(kept.modified_seconds == 30);
  CHECK(kept.modified_nanoseconds == 40);
  CHECK(kept.changed_seconds == 50);
  CHECK(kept.changed_nanoseconds == 60);
  CHECK(kept.digest == 70);
}

TEST_CASE(
    "a file whose times the next change could leave as they are is kept without one of change") {
  Boot boot;
  boot.reached("/lib/a.py", kFile).may_keep_times = true;
  boot.listed("/lib", {"a.py"}).may_keep_times = true;
  CHECK(boot.changed().empty());
  CHECK(boot.at("/lib/a.py").state.changed_nanoseconds == format::kNoTime);
  CHECK(boot.at("/lib/a.py").state.digest == 70);
  CHECK(boot.at("/lib").state.changed_nanoseconds == format::kNoTime);
}

TEST_CASE("other bytes under the old times are a change, where the first look was at the bytes") {
  Boot boot;
  boot.reached("/lib/a.py", kFile).now.digest = 71;
  CHECK(boot.changed() == Paths{"/lib/a.py"});
  boot.facts.paths["/lib/a.py"].access.then.digest = 0;
  CHECK(boot.changed().empty());
}

TEST_CASE("a path that was missing is kept as missing") {
  Boot boot;
  boot.reached("/lib/a.cfg", kMissing);
  CHECK(boot.at("/lib/a.cfg").state.kind == DependencyKind::kMissing);
}

TEST_CASE("what the kernel makes, and what is pysnap's, is not kept") {
  Boot boot;
  for (const char* path : {"/proc/self/maps", "/sys/devices", "/dev/null", "/dev", "/pysnap/agent",
                           "/pysnap/package/pysnap/__init__.py", "/usr/lib/libz.so"})
    boot.reached(path, kFile);
  boot.facts.own = {"/pysnap/agent", "/pysnap/package"};
  boot.facts.identified = {"/usr/lib/libz.so"};
  boot.reached("/process", kFile);
  CHECK(boot.kept() == Paths{"/process"});
}

TEST_CASE("what the boot has made, written or removed is not kept") {
  Boot boot;
  boot.reached("/cache", kMissing).access.was_changed = true;
  boot.facts.paths["/cache"].now = kDirectory;
  CHECK(boot.kept().empty());
  CHECK(boot.changed().empty());
}

TEST_CASE("what only a started command has changed is not kept") {
  Boot boot;
  SeenPath& seen = boot.reached("/made", kFile);
  seen.access.was_reached = false;
  seen.access.was_changed = true;
  CHECK(boot.kept().empty());
}

TEST_CASE("bytecode is not kept where its source was looked up") {
  Boot boot;
  boot.reached("/lib/a.py", kFile);
  boot.reached("/lib/__pycache__", kDirectory);
  boot.reached("/lib/__pycache__/a.cpython-311.pyc", kFile);
  boot.reached("/lib/__pycache__/b.cpython-311.pyc", kFile);
  CHECK(boot.kept() == Paths{"/lib/__pycache__/b.cpython-311.pyc", "/lib/a.py"});
}

TEST_CASE("what is below a missing path needs no entry") {
  Boot boot;
  boot.reached("/home/.local", kMissing);
  boot.reached("/home/.local/lib", kMissing);
  boot.reached("/home/.local/lib/python/site.py", kMissing);
  CHECK(boot.kept() == Paths{"/home/.local"});
}

TEST_CASE("a missing path in a listed directory needs no entry, and its name counts") {
  Boot boot;
  boot.listed("/lib", {"a.py"});
  boot.searched("/lib", {"a"}, true);
  boot.reached("/lib/settings.cfg", kMissing);
  CHECK(boot.kept() == Paths{"/lib"});
  CHECK(notices(boot, "/lib", "settings.cfg"));
  CHECK_FALSE(notices(boot, "/lib", "settings.txt"));
}

TEST_CASE("a missing path below a directory that a listed one has is kept") {
  Boot boot;
  boot.listed("/lib", {"package"});
  boot.reached("/lib/package/x", kMissing);
  boot.reached("/lib/other/x", kMissing);
  CHECK(boot.kept() == Paths{"/lib", "/lib/package/x"});
}

TEST_CASE("a directory that was only looked up is kept unless a file in it is") {
  Boot boot;
  boot.reached("/data", kDirectory);
  boot.reached("/lib", kDirectory);
  boot.reached("/lib/a.py", kFile);
  boot.reached("/missing", kDirectory);
  boot.reached("/missing/x", kMissing);
  CHECK(boot.kept() == Paths{"/data", "/lib/a.py", "/missing", "/missing/x"});
  CHECK(boot.at("/data").state.kind == DependencyKind::kDirectory);
}

TEST_CASE("in a directory of the search path, modules that were looked for and path files count") {
  Boot boot;
  boot.listed("/lib", {"a.py", "b.py"});
  boot.searched("/lib", {"a", "absent"}, true);
  CHECK(boot.changed().empty());
  for (const char* name : {"a", "a.so", "a.abi3.so", "absent.py", "absent", "x.pth"})
    CHECK(notices(boot, "/lib", name));
  for (const char* name : {"b", "c.py", "a.csv", "absent.txt", "__init__.py", "__pycache__"})
    CHECK_FALSE(notices(boot, "/lib", name));
}

TEST_CASE("installed distributions count where something asks for them") {
  Boot boot;
  boot.listed("/lib", {});
  boot.searched("/lib", {}, true);
  CHECK_FALSE(notices(boot, "/lib", "x-1.0.dist-info"));
  boot.facts.reads_distributions = true;
  CHECK(notices(boot, "/lib", "x-1.0.dist-info"));
  CHECK(notices(boot, "/lib", "x.egg-info"));
}

TEST_CASE("in a package, submodules that were looked for and its init file count") {
  Boot boot;
  boot.listed("/lib/package", {"part.py"});
  boot.searched("/lib/package", {"part", "_fast"}, false);
  CHECK(notices(boot, "/lib/package", "_fast.so"));
  CHECK(notices(boot, "/lib/package", "__init__.so"));
  CHECK_FALSE(notices(boot, "/lib/package", "other.py"));
  CHECK_FALSE(notices(boot, "/lib/package", "x.pth"));
}

TEST_CASE("in a package that somebody else has listed too, every name counts") {
  Boot boot;
  boot.listed("/lib/package", {"part.py"}).access.listings = 2;
  boot.searched("/lib/package", {"part"}, false);
  CHECK(notices(boot, "/lib/package", "other.py"));
}

TEST_CASE("in any other listed directory every name but that of bytecode counts") {
  Boot boot;
  boot.listed("/data", {"x"});
  CHECK(notices(boot, "/data", "y"));
  CHECK_FALSE(notices(boot, "/data", "__pycache__"));
}

TEST_CASE("a listed directory is kept with the time it has at the end") {
  Boot boot;
  SeenPath& seen = boot.listed("/lib", {"a.py"});
  boot.searched("/lib", {"a"}, true);
  seen.now.modified_seconds = 50;
  seen.names_now = {"__pycache__", "a.py"};
  CHECK(boot.at("/lib").state.modified_seconds == 50);
  CHECK(boot.changed().empty());
}

TEST_CASE("what others change while the image is made is named") {
  Boot boot;
  boot.reached("/edited", kFile).now.size = 11;
  boot.reached("/gone", kFile).now = kMissing;
  boot.reached("/new", kMissing).now = kFile;
  boot.listed("/names", {"a"}).names_now = {};
  boot.reached("/same", kFile);
  boot.reached("/touched", kDirectory).now.modified_seconds = 99;
  CHECK(boot.changed() == Paths{"/edited", "/gone", "/new", "/names"});
}

TEST_CASE("what is missing behind the parent of a listed directory is kept") {
  Boot boot;
  boot.listed("/project", {"app.py"});
  boot.reached("/project/../data/file", kMissing);
  CHECK(boot.kept() == Paths{"/project", "/project/../data/file"});
}

TEST_CASE("what the base depends on is inherited") {
  Boot boot;
  Dependency base = {"/lib/a.py", {DependencyKind::kFile, 10, 20, 29, 40, 50, 60, 70}, {}};
  boot.facts.inherited = {base, {"/lib/b.py", {DependencyKind::kFile, 1, 2, 3, 4, 5, 6, 7}, {}}};
  boot.reached("/lib/a.py", kFile);
  boot.reached("/lib/c.py", kFile);
  CHECK(boot.kept() == Paths{"/lib/a.py", "/lib/b.py", "/lib/c.py"});
  CHECK(boot.at("/lib/a.py").state.modified_seconds == 29);
}

TEST_CASE("of a directory that the base has listed, the names of both count") {
  Boot base;
  base.listed("/lib", {"a.py", "b.py"});
  base.searched("/lib", {"a"}, true);
  Boot boot;
  boot.facts.inherited = dependencies_of(base.facts).kept;
  boot.listed("/lib", {"a.py", "b.py"});
  boot.searched("/lib", {"b"}, true);
  Boot both;
  both.listed("/lib", {"a.py", "b.py"});
  both.searched("/lib", {"a", "b"}, true);
  CHECK(boot.at("/lib").listing.stems == both.at("/lib").listing.stems);
  CHECK(boot.at("/lib").listing.digest == both.at("/lib").listing.digest);
}

TEST_CASE("a directory that the base has listed and the program only looked up stays listed") {
  Boot base;
  base.listed("/lib", {"a.py"});
  Boot boot;
  boot.facts.inherited = dependencies_of(base.facts).kept;
  boot.reached("/lib", kDirectory);
  CHECK(boot.at("/lib").state.kind == DependencyKind::kListed);
}

TEST_CASE("what the base found missing and the program has made is no dependency") {
  Boot boot;
  boot.facts.inherited = {{"/cache", DependencyKind::kMissing, 0, 0, 0, 0, 0, 0, 0, {}}};
  boot.reached("/cache", kMissing).access.was_changed = true;
  CHECK(boot.kept().empty());
}

TEST_CASE("paths are made plain") {
  CHECK(launcher::plain_path("/base", "a//./b/") == "/base/a/b");
  CHECK(launcher::plain_path("/base", "/a/../b") == "/a/../b");
  CHECK(launcher::plain_path("/base", ".") == "/base");
  CHECK(launcher::plain_path("", "/") == "/");
}

TEST_CASE("a path is examined as a launch examines it") {
  const TemporaryDirectory directory;
  write_file(directory.path("file"), "text");
  CHECK(launcher::examine_path(directory.path("file")).kind == DependencyKind::kFile);
  CHECK(launcher::examine_path(directory.path("file")).size == 4);
  CHECK(launcher::examine_path(directory.path("file/x")).kind == DependencyKind::kMissing);
  CHECK(launcher::examine_path(directory.path("")).kind == DependencyKind::kDirectory);
  CHECK(launcher::examine_path("/dev/null").kind == DependencyKind::kOther);
  CHECK(launcher::names_in(directory.path("")) == Paths{"file"});
  CHECK(launcher::names_in(directory.path("nothing")).empty());
}

}  // namespace
}  // namespace pysnap::tests
