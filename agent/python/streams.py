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


def reopen_streams(layers, unbuffered):
    """Gives sys its streams; a replacement that an import installed stays in its place."""
    for layer, (name, original, _, _) in zip(layers, STANDARD_STREAMS):
        stream = layer.reopen(unbuffered)
        if getattr(sys, name) is layer.text:
            setattr(sys, name, stream)
        setattr(sys, original, stream)
