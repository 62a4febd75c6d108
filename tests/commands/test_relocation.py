"""Images that move: `--relocatable`, `--aslr`, `pysnap rebase`, and tables that cannot be used."""

import ctypes
import json
import shutil
import signal
import subprocess
import time
import unittest
from functools import cache
from pathlib import Path

from workshop import (DEBIAN_PYTHON, INPUT, LAUNCHER_FAILED, PYSNAP, REPOSITORY, RUN, USAGE,
                      CommandTest, build, environment, pie_pythons, plain_image, reseal, run, scratch)

LAUNCHES = 20

# Looks at what depends on addresses, and says where one is.
PROGRAM = """
import collections.abc, enum, functools, gc, json, re, sys, types, weakref
gc.collect()
for found in gc.get_objects():
    if type(found) is dict:
        assert all(found[key] is value for key, value in list(found.items())), found
    elif type(found) in (set, frozenset):
        assert all(key in found for key in list(found)), found
class Base: pass
assert open in {open} and {len: 1, [].append: 2}[len] == 1
assert weakref.ref(Base)() is Base and {Base: 1}[Base] == 1
assert {(Base, int): 2}[(Base, int)] == 2 and frozenset([Base]) in {frozenset([Base])}
assert isinstance(collections.OrderedDict(), collections.abc.MutableMapping)
assert functools.lru_cache(lambda x: x)(int) is int
assert re.match("(a+)b", "aab").group(1) == "aa"
assert [sum(range(n)) for n in range(50)][-1] == 1176
big = [bytearray(1000) for _ in range(5000)]
del big
print(json.dumps({"works": sorted({"a", "b"})}), id(json))
"""


# A module that keeps what depends on addresses in each way it can.
MODULE = """
import fractions, hashlib, secrets
IDS = {id(thing) for thing in vars(fractions).values()}
FROZEN = frozenset(IDS)
MIXED = {"text", fractions.Fraction, id(fractions), (fractions.Fraction, id(fractions)), 7}
TABLE = {id(thing): name for name, thing in vars(fractions).items()}
DIGEST = hashlib.sha256(b"works").hexdigest()
"""
ASKS_MODULE = """
import keeper, fractions, os
things = vars(fractions)
assert keeper.IDS == {id(thing) for thing in things.values() if id(thing) in keeper.IDS}
assert all(key in keeper.IDS and key in keeper.FROZEN for key in list(keeper.IDS))
assert all(id(thing) in keeper.IDS for name, thing in things.items() if name[:2] != "__")
assert all(id(things[name]) == key for key, name in keeper.TABLE.items())
assert all(keeper.TABLE[key] for key in list(keeper.TABLE))
assert "text" in keeper.MIXED and fractions.Fraction in keeper.MIXED and 7 in keeper.MIXED
assert id(fractions) in keeper.MIXED and (fractions.Fraction, id(fractions)) in keeper.MIXED
assert hash(keeper.FROZEN) == hash(frozenset(keeper.IDS))
assert keeper.hashlib.sha256(b"works").hexdigest() == keeper.DIGEST
for name in keeper.hashlib.algorithms_available:
    pid = os.fork()  # or what one of them reads for itself would be there for the next
    if pid == 0:
        keeper.hashlib.new(name)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0, name
print("works")
"""


def subjects() -> dict[str, Path]:
    """A fixed-address interpreter and one that moves as a whole."""
    found = {"fixed": DEBIAN_PYTHON} if DEBIAN_PYTHON.exists() else {}
    if "3.12" in pie_pythons():
        found["pie"] = pie_pythons()["3.12"]
    return found


@cache
def relocatable_image(name: str) -> Path:
    """An image that moves, built once."""
    image = scratch() / f"relocatable-{name}.image"
    made = build(image, "--relocatable=require", interpreter=subjects()[name])
    if made.returncode != 0:
        raise AssertionError(f"no image to test with: {made.stderr}")
    return image


def arena_of(image: Path) -> str:
    """Where an image lies."""
    return json.loads(run(PYSNAP, "inspect", "--json", image).stdout)["identity"]["arena"]


class RelocationTest(CommandTest):
    """Launches of one image at many places."""

    def copy_of(self, name: str) -> Path:
        """A copy of an image that moves."""
        return Path(shutil.copy2(relocatable_image(name), self.directory / "moves.image"))

    def any_copy(self) -> Path:
        """The same of any interpreter."""
        if not subjects():
            raise unittest.SkipTest("no supported interpreter on this machine")
        return self.copy_of(next(iter(subjects())))

    def addresses(self, image: Path, count: int, *options: str, **changes: str) -> set[int]:
        """Launches the program that often; where one of its objects was."""
        found = set()
        for _ in range(count):
            done = run(RUN, "--explain", *options, "--image", image, "-c", PROGRAM,
                       env=environment(**changes))
            self.assert_succeeds(done)
            words, address = done.stdout.rsplit(maxsplit=1)
            self.assertEqual('{"works": ["a", "b"]}', words)
            found.add(int(address))
        return found

    def test_every_launch_can_lie_elsewhere(self):
        for name in subjects():
            with self.subTest(name):
                image = relocatable_image(name)
                self.assertEqual(LAUNCHES,
                                 len(self.addresses(image, LAUNCHES, "--aslr=launch")))
                self.assertEqual(1, len(self.addresses(image, 2)))

    def test_hash_tables_are_whole_elsewhere(self):
        program = REPOSITORY / "tests/programs/every_hash_table_finds_its_keys.py"
        for name in subjects():
            with self.subTest(name):
                image = relocatable_image(name)
                for _ in range(LAUNCHES):
                    done = run(RUN, "--aslr=launch", "--image", image, program, env=environment())
                    self.assert_succeeds(done)
                    self.assertTrue(done.stdout.endswith("[]\n"), done.stdout)

    def test_addresses_that_a_module_keeps_move_with_it(self):
        (self.directory / "keeper.py").write_text(MODULE)
        variables = environment(PYTHONPATH=str(self.directory))
        for name, interpreter in subjects().items():
            with self.subTest(name):
                image = self.directory / f"{name}.image"
                self.assert_succeeds(build(image, "--relocatable=require", "-m", "keeper",
                                           interpreter=interpreter, env=variables))
                for _ in range(LAUNCHES):
                    done = run(RUN, "--aslr=launch", "--explain", "--image", image, "-c",
                               ASKS_MODULE, env=variables)
                    self.assertEqual((0, "works\n", ""),
                                     (done.returncode, done.stdout, done.stderr))

    def test_variable_asks_for_it_and_option_comes_first(self):
        image = self.any_copy()
        self.assertEqual(2, len(self.addresses(image, 2, PYSNAP_ASLR="launch")))
        self.assertEqual(1, len(self.addresses(image, 2, "--aslr=image", PYSNAP_ASLR="launch")))

    def test_executed_image_moves_too(self):
        image = self.any_copy()
        found = {run(image, "-c", "print(id(print))", env=environment(PYSNAP_ASLR="launch")).stdout
                 for _ in range(3)}
        self.assertEqual(3, len(found), found)

    def test_rebase_moves_the_image_in_its_file(self):
        for name in subjects():
            with self.subTest(name):
                image = self.copy_of(name)
                image.chmod(0o750)
                places = {arena_of(image)}
                for _ in range(4):
                    self.assert_succeeds(run(PYSNAP, "rebase", image))
                    self.assertEqual(0, run(PYSNAP, "verify", image).returncode)
                    self.assertEqual(1, len(self.addresses(image, 2)))
                    places.add(arena_of(image))
                self.assertEqual(5, len(places))
                self.assertEqual(3, len(self.addresses(image, 3, "--aslr=launch")))
                self.assertEqual(0o750, image.stat().st_mode & 0o777)
                self.assert_files(image.name)
                done = run(image, "-c", "print('executed')")
                self.assertEqual(("executed\n", ""), (done.stdout, done.stderr))

    def test_rebased_image_stays_sealed(self):
        image = self.any_copy()
        self.assert_succeeds(run(PYSNAP, "seal", image))
        self.assert_succeeds(run(PYSNAP, "rebase", image))
        identity = json.loads(run(PYSNAP, "inspect", "--json", image).stdout)["identity"]
        self.assertTrue(identity["trusted"])

    def test_killed_rebase_leaves_an_image(self):
        image = self.any_copy()
        for delay in (0.0, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32):
            with subprocess.Popen([str(PYSNAP), "rebase", str(image)], env=environment(),
                                  stderr=subprocess.DEVNULL) as command:
                time.sleep(delay)
                command.send_signal(signal.SIGKILL)
            self.assertEqual(0, run(PYSNAP, "verify", image).returncode)
            self.addresses(image, 1)
        self.assert_succeeds(run(PYSNAP, "rebase", image))
        self.assert_files(image.name)  # and takes away what was left

    def test_boots_are_compared_at_comparable_places(self):
        """128 MiB below the slots are in one node of CPython's tree, or a build is pinned at times."""
        for i in range(3):
            image = self.directory / f"{i}.image"
            built = build(image, "--relocatable=require", env=environment())
            self.assertEqual(0, built.returncode, built.stderr)
            inspected = run(PYSNAP, "inspect", "--json", image)
            arena = json.loads(inspected.stdout)["identity"]["arena"]
            ceiling = int(arena.split("-")[1], 16)
            self.assertGreaterEqual((ceiling - 1) % (256 << 20), 128 << 20)

    def test_pinned_image_is_not_moved(self):
        image = self.copy_of_image()
        self.assert_refused(run(PYSNAP, "rebase", image), INPUT, "is pinned", "--relocatable")
        done = run(RUN, "--explain", "--aslr=launch", "--image", image, "-c", "print(1)")
        self.assertEqual((0, "1\n"), (done.returncode, done.stdout))
        self.assertIn("plain Python runs instead of the image: it is pinned", done.stderr)

    def test_damaged_table_is_refused(self):
        image = self.any_copy()
        offset, size = self.table_of(image)
        for at in (offset, offset + size // 2, offset + size - 1):
            damaged = shutil.copy2(image, self.directory / "damaged.image")
            with open(damaged, "r+b") as file:
                file.seek(at)
                byte = file.read(1)[0]
                file.seek(at)
                file.write(bytes([byte ^ 4]))
            done = run(RUN, "--aslr=launch", "--image", damaged, "-c", "print('ran')")
            self.assert_refused(done, LAUNCHER_FAILED, "its relocation table is damaged")
            self.assert_refused(run(PYSNAP, "rebase", damaged), INPUT, "is damaged")
            self.assertNotEqual(0, run(PYSNAP, "verify", damaged).returncode)
            self.addresses(damaged, 1)  # a launch at the image's place does not look at it

    def test_table_that_is_not_there_is_refused(self):
        image = self.any_copy()
        for field, value in (("relocation_offset", 1 << 40), ("relocation_size", 8),
                             ("relocation_ceiling", 1 << 30)):
            forged = Path(shutil.copy2(image, self.directory / "forged.image"))
            reseal(forged, field, value)
            done = run(RUN, "--aslr=launch", "--image", forged, "-c", "print('ran')")
            self.assert_refused(done, LAUNCHER_FAILED, "its relocation table")

    def table_of(self, image: Path) -> tuple[int, int]:
        """Offset and size of the relocation table."""
        ranges = json.loads(run(PYSNAP, "inspect", "--json", image).stdout)["bytes"]["ranges"]
        return next((part["offset"], part["size"]) for part in ranges
                    if part["label"] == ".pysnap.relocations")

    def test_inspect_counts_the_words(self):
        facts = json.loads(run(PYSNAP, "inspect", "--json", self.any_copy()).stdout)["relocations"]
        self.assertGreater(facts["words"]["addresses"], 10000)
        self.assertLess(facts["size"], 8 * facts["words"]["addresses"])
        text = run(PYSNAP, "inspect", plain_image()).stdout
        self.assertIn("it is pinned: it has no relocation table", text)

    @unittest.skipUnless(shutil.which("strace"), "no strace to make a mapping fail with")
    def test_image_moves_where_its_place_is_occupied(self):
        image = self.any_copy()
        # The first mapping at the image's own place fails once, as if something lay there.
        traced = run("strace", "-f", "-e", "trace=mmap", RUN, "--image", image, "-c", "pass")
        calls = [line for line in traced.stderr.splitlines() if "mmap(" in line]
        number = next(i for i, line in enumerate(calls, 1) if "MAP_FIXED_NOREPLACE" in line)
        done = run("strace", "-o", self.directory / "trace", "-e", "trace=mmap",
                   "-e", f"inject=mmap:error=EEXIST:when={number + 3}",
                   RUN, "--explain", "--image", image, "-c", "print('moved')")
        self.assertEqual((0, "moved\n"), (done.returncode, done.stdout), done.stderr)
        self.assertRegex(done.stderr, "^pysnap-run: the place of the image is occupied at 0x[0-9a-f]+; "
                                      "it is launched at another one\n$")

    def protections(self, image: Path, *options: str, **settings) -> list[tuple[int, int, str]]:
        """The image's memory in a launch, from where it begins: neighbours that are alike as one."""
        program = ("import re\nfor line in open('/proc/self/maps'):\n    print(line, end='')\n"
                   "print(re.search('AnonHugePages: *([0-9]+)',"
                   " open('/proc/self/smaps_rollup').read())[1])")
        done = run(RUN, "--explain", *options, "--image", image, "-c", program,
                   env=environment(), **settings)
        self.assert_succeeds(done)
        *lines, self.huge_kib = done.stdout.splitlines()
        ranges = []
        for line in lines:
            begin, end, protection = line.replace("-", " ", 1).split()[:3]
            if int(begin, 16) > (1 << 44) + (1 << 46):  # above all arenas: the launch's own
                continue
            if ranges and ranges[-1][1:] == [int(begin, 16), protection]:
                ranges[-1][1] = int(end, 16)
            else:
                ranges.append([int(begin, 16), int(end, 16), protection])
        low = next(begin for begin, _, _ in ranges if begin > 1 << 32)
        return [(begin - low, end - low, protection) for begin, end, protection in ranges
                if begin >= low]

    def test_memory_is_the_same_with_and_without_huge_pages(self):
        def no_huge_pages():
            set_thp_disable = 41  # PR_SET_THP_DISABLE, prctl(2)
            ctypes.CDLL(None).prctl(set_thp_disable, 1, 0, 0, 0)
        for name in subjects():
            with self.subTest(name=name):
                image = relocatable_image(name)
                at_home = self.protections(image)
                with_huge = self.protections(image, "--aslr=launch")
                kib = int(self.huge_kib)
                self.assertEqual(at_home, with_huge)
                self.assertEqual(at_home, self.protections(image, "--aslr=launch",
                                                           preexec_fn=no_huge_pages))
                self.assertEqual(0, int(self.huge_kib))
                print(f"{name}: {kib} KiB in whole huge pages", end=" ", flush=True)

    def test_bad_values_are_refused(self):
        done = run(RUN, "--aslr=always", "-c", "pass")
        self.assert_refused(done, LAUNCHER_FAILED, "--aslr is launch or image")
        done = run(RUN, "-c", "pass", env=environment(PYSNAP_ASLR="1"))
        self.assert_refused(done, LAUNCHER_FAILED, "PYSNAP_ASLR is launch or image")
        output = self.directory / "none.image"
        self.assert_refused(build(output, "--relocatable=maybe"), USAGE, "--relocatable")
        done = run(PYSNAP, "build", "--from", plain_image(), "--relocatable=prefer", "-o", output)
        self.assert_refused(done, USAGE, "--relocatable", "--from")

    def configured_image(self, text: str, *options: str) -> Path:
        """An image of a configuration."""
        self.write("pysnap.toml", text)
        image = self.directory / "configured.image"
        made = build(image, "--config", "pysnap.toml", *options, cwd=self.directory)
        self.assert_succeeds(made)
        return image

    def test_configuration_asks_for_another_place_in_each_launch(self):
        image = self.configured_image("aslr = 'launch'\n")
        self.assertEqual(3, len(self.addresses(image, 3)))
        self.assertEqual(1, len(self.addresses(image, 2, PYSNAP_ASLR="image")))
        self.assertEqual(1, len(self.addresses(image, 2, "--aslr=image")))
        found = {run(image, "-c", "print(id(print))").stdout for _ in range(3)}
        self.assertEqual(3, len(found), found)
        shown = json.loads(run(PYSNAP, "inspect", "--json", image).stdout)
        self.assertEqual("launch", shown["identity"]["aslr"])
        self.assert_succeeds(run(PYSNAP, "rebase", image))
        self.assertEqual(3, len(self.addresses(image, 3)))

    def test_configuration_asks_for_an_image_that_moves(self):
        image = self.configured_image("relocatable = 'prefer'\n")
        self.assertEqual(1, len(self.addresses(image, 2)))
        self.assertEqual(2, len(self.addresses(image, 2, "--aslr=launch")))
        pinned = self.configured_image("relocatable = 'prefer'\n", "--relocatable=no")
        self.assert_refused(run(PYSNAP, "rebase", pinned), INPUT, "is pinned")

    def test_launches_that_must_lie_elsewhere_and_cannot_are_plain_pythons(self):
        image = self.configured_image("aslr = 'launch'\n", "--relocatable=no")
        shown = json.loads(run(PYSNAP, "inspect", "--json", image).stdout)
        self.assertIn('its launches run plain Python, as aslr is "launch" in the configuration',
                      shown["notices"])
        done = run(RUN, "--explain", "--image", image, "-c", "print(1)")
        self.assertEqual((0, "1\n"), (done.returncode, done.stdout))
        self.assertIn("plain Python runs instead of the image: it is pinned", done.stderr)
        self.addresses(image, 1, "--aslr=image")

    def test_nothing_of_the_users_wish_moves_a_build(self):
        output = self.directory / "built.image"
        self.assert_succeeds(build(output, env=environment(PYSNAP_ASLR="launch")))


if __name__ == "__main__":
    unittest.main()
