"""`pysnap inspect --owner`: which object of an image holds an address."""

import ast
import json

from workshop import PYSNAP, USAGE, CommandTest, build, environment, interpreters, launch, run

# Values are computed, or the compiler would share them as constants of the code.
MODULE = """
import array
TEN = float("10")
START = TEN ** 12
TABLE = {"key": {"inner": [1.5, TEN ** 13]}, 7: ("x", TEN ** 14)}
NUMBERS = array.array("d", [4.5]) * 3000
MANY = {str(n): n for n in range(5000)}
def make():
    token = TEN ** 15
    def use(step=TEN ** 16, *, word=TEN ** 17):
        return token, step, word
    return use
USE = make()
class Slotted:
    __slots__ = ("slot",)
class Holder:
    LIMIT = TEN ** 18
    def __init__(self):
        self.field = TEN ** 19
    @property
    def once(self, default=TEN ** 20):
        return default
HOLDER, SLOTTED = Holder(), Slotted()
SLOTTED.slot = TEN ** 21
SET = {TEN ** 22}
"""

# The address of each, and the owner that it should have.
SHOW = """
import made_up as m
def word(address):
    with open("/proc/self/mem", "rb", 0) as memory:
        memory.seek(address)
        return int.from_bytes(memory.read(8), "little")
print({
    id(m.START) + 16: "object float made_up.START, +0x10",
    id(m.TABLE["key"]["inner"][1]) + 16: "object float made_up.TABLE['key']['inner'][1], +0x10",
    id(m.TABLE[7][1]) + 16: "object float made_up.TABLE[7][1], +0x10",
    id(m.USE()[0]) + 16: "object float closure of made_up.USE: token, +0x10",
    id(m.USE()[1]) + 16: "object float default argument step of made_up.USE, +0x10",
    id(m.USE()[2]) + 16: "object float default argument word of made_up.USE, +0x10",
    id(m.Holder.LIMIT) + 16: "object float made_up.Holder.LIMIT, +0x10",
    id(m.HOLDER.field) + 16: "object float made_up.HOLDER.field, +0x10",
    id(m.Holder.once.fget.__defaults__[0]) + 16:
        "object float default argument default of made_up.Holder.once, +0x10",
    id(m.SLOTTED.slot) + 16: "object float made_up.SLOTTED.slot, +0x10",
    id(next(iter(m.SET))) + 16: "object float element of made_up.SET, +0x10",
    id(m.HOLDER) + 8: "object made_up.Holder made_up.HOLDER, +0x8",
    id(m.HOLDER): "object made_up.Holder made_up.HOLDER, reference count",
    word(id(m.NUMBERS) + 24) + 8000:
        "object array.array made_up.NUMBERS, +0x1f40 of its memory",
    word(id(m.TABLE["key"]["inner"]) + 24) + 8:
        "object list made_up.TABLE['key']['inner'][1], +0x8 of its memory",
    word(id(m.MANY) + 32) + 16: "object dict made_up.MANY, +0x10 of its memory",
    id(m.make.__code__) + 24: "object code made_up.make, +0x18",
})
"""


class OwnersTest(CommandTest):
    """Images of a made-up module."""

    def image_of(self, interpreter=None):
        """With the module, and what is asked of it."""
        image = self.directory / "x.image"
        self.write("made_up.py", MODULE)
        variables = environment(PYTHONPATH=str(self.directory))
        built = build(image, "-m", "made_up", interpreter=interpreter, env=variables)
        self.assertEqual(0, built.returncode, built.stderr)
        shown = launch(image, "-c", SHOW, env=variables)
        self.assertEqual((0, ""), (shown.returncode, shown.stderr))
        return image, ast.literal_eval(shown.stdout)

    def owners(self, image, *addresses, **options):
        """Lines of the command."""
        words = [word for address in addresses for word in ("--owner", f"{address:x}")]
        result = run(PYSNAP, "inspect", image, *words, **options)
        self.assertEqual((0, ""), (result.returncode, result.stderr))
        return result.stdout

    def test_each_place_of_a_module_has_a_path(self):
        """Globals, containers, closures, defaults, attributes, slots and tables behind them."""
        for interpreter in interpreters():
            with self.subTest(interpreter=interpreter):
                image, wanted = self.image_of(interpreter)
                lines = self.owners(image, *wanted).splitlines()
                found = dict(line.split(": ", 1) for line in lines)
                for address, owner in wanted.items():
                    self.assertEqual(owner, found.get(hex(address)))

    def test_what_is_no_object_is_named(self):
        """The stack, static data of the interpreter, and nothing at all."""
        image, _ = self.image_of()
        regions = json.loads(run(PYSNAP, "inspect", "--json", image).stdout)["regions"]
        stack = next(int(r["address"], 16) + r["size"] for r in regions if r["kind"] == "stack")
        self.assertIn("memory stack", self.owners(image, stack + 64))
        self.assertIn("unknown memory", self.owners(image, 0x10))

    def test_json_has_the_same(self):
        """One record for each address."""
        image, wanted = self.image_of()
        address = next(iter(wanted))
        record, = json.loads(run(PYSNAP, "inspect", "--json", "--owner", hex(address), image).stdout)
        self.assertEqual({"address": hex(address), "kind": "object", "type": "float",
                          "path": "made_up.START", "detail": "+0x10"}, record)

    def test_an_address_is_hexadecimal(self):
        """Other words are refused."""
        image, _ = self.image_of()
        result = run(PYSNAP, "inspect", image, "--owner", "here")
        self.assertEqual((USAGE, "pysnap: here is no address: name hexadecimal digits\n"),
                         (result.returncode, result.stderr))
