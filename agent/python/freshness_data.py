"""Facts about modules outside the standard library that keep what must be unique to a process.

One row each: module, place in it, what is put there, and where the fact can be seen. Names in a
place are separated by dots; each is an attribute, the key of a dictionary, or the index of a
sequence. A renewal gets the module and the old value.
"""

import sys


def own_pid(_module, _old):
    """The pid of this process."""
    return posix.getpid()


def other_bytes(_module, old):
    """As many random bytes, of the same type."""
    return type(old)(posix.urandom(len(old)))


def other_digits(_module, old):
    """Random hexadecimal digits, and a dash where there was one."""
    text = old if isinstance(old, str) else old.decode()
    new = "".join(c if c == "-" else f"{b % 16:x}" for c, b in zip(text, posix.urandom(len(text))))
    return new if isinstance(old, str) else new.encode()


def other_uuid(_module, old):
    """The text of a random UUID (RFC 9562, version 4), with dashes if there were some."""
    number = bytearray(posix.urandom(16))
    number[6] = number[6] & 0x0F | 0x40
    number[8] = number[8] & 0x3F | 0x80
    text = number.hex()
    if "-" in old:
        text = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
    return text


def other_counter(_module, _old):
    """Where a counter of 24 bits begins."""
    return int.from_bytes(posix.urandom(3), "little")


def other_directory(_module, old):
    """A temporary directory beside the old one; an import made that and removes it at exit."""
    os, tempfile, shutil = (__import__(name) for name in ("os", "tempfile", "shutil"))
    parent, name = os.path.split(old)
    prefix = name[: -len("12345678")].rstrip("0123456789") + str(posix.getpid())
    path = tempfile.mkdtemp(prefix=prefix, dir=parent)
    __import__("atexit").register(shutil.rmtree, path, True)
    return path


def other_user_agent(module, _old):
    """One of the names of browsers."""
    return module.random_user_agent()


FACTS = (
    (
        "ansible.constants",
        "DEFAULT_LOCAL_TMP",
        other_directory,
        "ansible-core, ansible/config/manager.py: resolve_path() of a tmppath",
    ),
    ("bson.objectid", "ObjectId._pid", own_pid, "pymongo, bson/objectid.py"),
    ("bson.objectid", "ObjectId._ObjectId__random", other_bytes, "pymongo, bson/objectid.py"),
    ("bson.objectid", "ObjectId._inc", other_counter, "pymongo, bson/objectid.py"),
    (
        "billiard.process",
        "_current_process._config.authkey",
        other_bytes,
        "billiard, billiard/process.py: _MainProcess.__init__()",
    ),
    (
        "distributed.client",
        "Future._uid",
        other_uuid,
        'distributed, distributed/client.py: "unique even across multiple processes or hosts"',
    ),
    (
        "jupyter_client.session",
        "session_flags.secure.0.Session.key",
        other_digits,
        "jupyter_client, jupyter_client/session.py: session_flags",
    ),
    (
        "yt_dlp.utils.networking",
        "std_headers.User-Agent",
        other_user_agent,
        "yt-dlp, yt_dlp/utils/networking.py: std_headers",
    ),
    ("yt_dlp.extractor.redbee", "RedBeeBaseIE._DEVICE_ID", other_uuid, "yt-dlp, redbee.py"),
    ("yt_dlp.extractor.viu", "ViuOTTIndonesiaBaseIE._DEVICE_ID", other_uuid, "yt-dlp, viu.py"),
    ("yt_dlp.extractor.viu", "ViuOTTIndonesiaBaseIE._SESSION_ID", other_uuid, "yt-dlp, viu.py"),
)


def renew_fsspec(module):
    """File systems made at import refuse to work in another process than the one they note."""
    classes = [module.AbstractFileSystem]
    for cls in classes:
        classes += cls.__subclasses__()
        cls._pid = posix.getpid()
        for filesystem in cls._cache.values():
            if hasattr(filesystem, "_pid"):
                filesystem._pid = posix.getpid()


def renew_torch(module):
    """The global generator, unless an import chose the seed: torch's own has 53 random bits."""
    if module.initial_seed() >= 1 << 32:
        module.seed()


FUNCTIONS = {
    "fsspec.spec": renew_fsspec,  # fsspec, fsspec/spec.py (_Cached) and fsspec/asyn.py (loop)
    "torch": renew_torch,  # torch, torch/random.py; ATen/CPUGeneratorImpl.cpp
}


def walk(module, place):
    """The object or dictionary that holds a place, and the last name."""
    holder = module
    *path, last = place.split(".")
    for name in path:
        holder = step(holder, name)
    return holder, last


def step(holder, name):
    """What a name stands for."""
    if isinstance(holder, (tuple, list)):
        return holder[int(name)]
    return holder[name] if isinstance(holder, dict) else getattr(holder, name)


GONE = (AttributeError, LookupError)


def renew_place(module, place, renewal):
    """Puts the new value there; of what is not there any more, missing_places() has told."""
    try:
        holder, last = walk(module, place)
        old = step(holder, last)
    except GONE:
        return
    value = renewal(module, old)
    if isinstance(holder, dict):
        holder[last] = value
    else:
        setattr(holder, last, value)


def third_party_renewals():
    """Module name -> function(module)."""
    places = {}
    for name, place, renewal, _source in FACTS:
        places.setdefault(name, []).append((place, renewal))

    def for_places(rows):
        def renew(module):
            for place, renewal in rows:
                renew_place(module, place, renewal)

        return renew

    return {**{name: for_places(rows) for name, rows in places.items()}, **FUNCTIONS}


def missing_places():
    """Sentences on facts that a module of this image does not agree with any more."""
    sentences = []
    for name, place, renewal, source in FACTS:
        if name not in sys.modules:
            continue
        try:
            holder, last = walk(sys.modules[name], place)
            step(holder, last)
        except GONE:
            sentences.append(
                f"{name} has no {place} any more (known from {source}): what it keeps in its place"
                " is the same in all launches"
            )
    return sentences
