# everywhere: yes
"""Trace and profile functions see the execution of what is imported while they are set; coverage
tools and debuggers rely on it."""

import sys

events = []


def short(code):
    return f"{code.co_filename.rpartition('/')[2]}:{code.co_name}"


def trace(frame, event, argument):
    if event == "call" and (frame.f_code.co_name == "<module>" or "pysnap" in short(frame.f_code)):
        events.append(short(frame.f_code))
    return None


def profile(frame, event, argument):
    trace(frame, event, argument)


def show(title):
    print(title, *events)
    events.clear()


import textwrap

sys.settrace(trace)
import colorsys
import string
import textwrap
import wave
sys.settrace(None)
show("traced:")

import sched

sys.setprofile(profile)
import html.parser
import configparser
sys.setprofile(None)
show("profiled:")

import plistlib

if sys.version_info >= (3, 12):
    monitoring = sys.monitoring
    monitoring.use_tool_id(monitoring.COVERAGE_ID, "test")
    monitoring.register_callback(
        monitoring.COVERAGE_ID, monitoring.events.PY_START,
        lambda code, offset: events.append(short(code)) if code.co_name == "<module>" else None)
    monitoring.set_events(monitoring.COVERAGE_ID, monitoring.events.PY_START)
    import mailbox
    monitoring.set_events(monitoring.COVERAGE_ID, 0)
    monitoring.free_tool_id(monitoring.COVERAGE_ID)
    show("monitored:")

import asyncio

print(sched.__name__, plistlib.__name__, asyncio.__name__, textwrap.__name__)
