# everywhere: yes
"""Classes of modules that the program has not imported are in no __subclasses__(); those it has
imported stand in the order of its imports."""

import gc
import sys

gc.collect()  # functools and operator have replaced some classes of theirs


def all_subclasses():
    found, open_classes = {object: True}, [object]
    while open_classes:
        for each in type.__subclasses__(open_classes.pop()):
            if each not in found:
                found[each] = True
                open_classes.append(each)
    return found


def names(classes):
    all_names = [f"{each.__module__}.{each.__qualname__}" for each in classes]
    # In 3.10 re.error is another module's, and ssl has a class without one.
    return [name for name in all_names if name not in ("re.error", "<unknown>.Purpose")]


class Plugin:
    pass


started = all_subclasses()
print("start", sorted(names(started)))
print("errors", names(Exception.__subclasses__()), names(ValueError.__subclasses__()))

import xml.etree.ElementTree  # noqa: E402
import json  # noqa: E402
import configparser  # noqa: E402


class OwnError(ValueError):
    pass


print("values", names(ValueError.__subclasses__()))
print("errors", names(Exception.__subclasses__()))
for each in json.JSONEncoder, json.JSONDecoder, configparser.RawConfigParser, Plugin, ValueError:
    print(each.__qualname__, names(each.__subclasses__()))

import tarfile  # noqa: E402
import argparse  # noqa: E402
import ast  # noqa: E402
import gzip  # noqa: E402

print("more", names(Exception.__subclasses__()))
print("nodes", sorted(names(ast.AST.__subclasses__())))
print("actions", names(argparse.Action.__subclasses__()), names(OSError.__subclasses__()))

# A module that is imported afresh has classes of its own, once.
for name in [name for name in sys.modules if name.partition(".")[0] == "configparser"]:
    del sys.modules[name]
old = configparser
import configparser  # noqa: E402,F811

print("again", [each is configparser.Interpolation for each in object.__subclasses__()
                if each.__qualname__ == "Interpolation"], old is not configparser)

# The program patches what a module uses: it is imported afresh, and its prepared classes stay away.
import socket  # noqa: E402

socket.create_connection = None
import smtplib  # noqa: E402

print("mail", names(smtplib.SMTPException.__subclasses__()))
print("mail", [each for each in names(OSError.__subclasses__()) if "SMTP" in each])
gc.collect()
print("all", sorted(names(all_subclasses().keys() - started.keys())))
