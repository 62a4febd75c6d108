"""sys.stdin, sys.stdout and sys.stderr for the descriptors of this launch.

The objects of the boot are initialised again in place: whoever holds one (a logging handler made at
import, `from sys import stderr`) then writes to the right place. Only the raw layer is new: it caches
whether it can seek. Buffering follows create_stdio() of CPython's Python/pylifecycle.c.
"""

import sys

_io = import_aside("_io")

STANDARD_STREAMS = (
    ("stdin", "__stdin__", "<stdin>", "rb"),
    ("stdout", "__stdout__", "<stdout>", "wb"),
    ("stderr", "__stderr__", "<stderr>", "wb"),
)


class StreamLayers:
    """The layers of one standard stream, as the boot made them."""

    __slots__ = ("descriptor", "name", "mode", "text", "buffer", "errors", "encoding")

    def __init__(self, descriptor, text, name, mode):
        self.descriptor = descriptor
        self.name = name
        self.mode = mode
        self.text = text
        self.buffer = text.buffer
        self.encoding = text.encoding
        self.errors = text.errors

    def reopen(self, unbuffered):
        """Points the layers at the descriptor of this launch; None when it is closed."""
        try:
            posix.fstat(self.descriptor)
        except OSError:
            return None
        raw = _io.FileIO(self.descriptor, self.mode, closefd=False)
        raw.name = self.name
        terminal = raw.isatty()
        direct = unbuffered and self.mode == "wb"
        if direct:
            below = raw
        else:
            below = self.buffer
            size = raw._blksize
            below.__init__(raw, size if size > 1 else 8192)
        self.text.__init__(
            below,
            self.encoding,
            self.errors,
            "\n",
            not unbuffered and (terminal or self.descriptor == 2),
            unbuffered,
        )
        return self.text


def capture_streams():
    """Remembers the layers; called once, before the freeze."""
    layers = []
    for descriptor, (_, original, name, mode) in enumerate(STANDARD_STREAMS):
        layers.append(StreamLayers(descriptor, getattr(sys, original), name, mode))
    return layers


AS_FROZEN, TERMINAL, OTHER = 0, 1, 2


WITHOUT_MARK = frozenset({"utf-8", "ascii", "us-ascii", "latin-1", "iso8859-1", "iso-8859-1"})


def seekable_streams(layers):
    """Streams as they are on /dev/null and on files: (frozen stream, this one, is replaceable).

    These can seek, a pipe cannot, so the frozen streams do not fit; making new ones would cost each
    such launch some 50 pages. A frozen stream is replaceable when only sys knows it (output that
    somebody else wrote into it would come out of order) and its encoding has no byte order mark to
    be left out behind the start of a file.
    """
    known_references = 4  # sys twice, the layers, the argument of getrefcount
    descriptor = posix.open("/dev/null", posix.O_RDWR)
    entries = []
    for layer in layers:
        replaceable = sys.getrefcount(layer.text) == known_references
        replaceable = replaceable and layer.encoding.lower() in WITHOUT_MARK
        posix.dup2(descriptor, layer.descriptor)
        raw = _io.FileIO(layer.descriptor, layer.mode, closefd=False)
        raw.name = layer.name
        buffered = type(layer.buffer)(raw, raw._blksize)
        text = _io.TextIOWrapper(buffered, layer.encoding, layer.errors, "\n", layer.descriptor == 2)
        text.mode = layer.text.mode
        entries.append((layer.text, text, int(replaceable)))
    posix.close(descriptor)
    return tuple(entries)


def freeze_as_pipes(layers):
    """Puts the streams into the state they have on pipes, the cheapest one to launch with."""
    reading, writing = posix.pipe()
    posix.dup2(reading, 0)
    posix.dup2(writing, 1)
    posix.dup2(writing, 2)
    posix.close(reading)
    posix.close(writing)
    for layer in layers:
        layer.reopen(False)


def adapt_streams(kinds, unbuffered):
    """Makes the frozen streams fit this launch's descriptors.

    `kinds` says for each descriptor how it differs from a pipe (agent/standard_streams.cpp). A
    stream that an import put in the place of an original one stays there.
    """
    layers = LAUNCH["streams"]
    for layer, kind, (name, original, _, _) in zip(layers, kinds, STANDARD_STREAMS):
        if kind == AS_FROZEN and not unbuffered:
            continue
        if kind == TERMINAL and not unbuffered:
            if layer.descriptor != 2:
                layer.text.reconfigure(line_buffering=True)
            continue
        stream = layer.reopen(unbuffered)
        if getattr(sys, name) is layer.text:
            setattr(sys, name, stream)
        setattr(sys, original, stream)
