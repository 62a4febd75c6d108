# everywhere: yes
"""JSON, CSV, XML, INI, TOML-like and e-mail documents, written and read back."""

import configparser
import csv
import email
import email.policy
import io
import json
import xml.dom.minidom
import xml.etree.ElementTree as ElementTree
from email.message import EmailMessage

value = {"name": "naïve \u2713 \"q\"", "numbers": [1, -2.5, 1e100], "nested": {"n": None, "t": True}}
for options in ({}, {"indent": 2, "sort_keys": True, "ensure_ascii": False}):
    assert json.loads(json.dumps(value, **options)) == value
print(json.dumps(value, indent=1))
rows = [["a", "with, comma", "with \"quotes\""], ["line\nbreak", "", "ü"]]
buffer = io.StringIO()
csv.writer(buffer, dialect="excel-tab", quoting=csv.QUOTE_ALL).writerows(rows)
assert list(csv.reader(io.StringIO(buffer.getvalue(), newline=""), dialect="excel-tab")) == rows
print(repr(buffer.getvalue()), csv.Sniffer().sniff("a;b;c\n1;2;3\n").delimiter)
root = ElementTree.fromstring("<list><item id='1'>ä &amp; b</item><item id='2'><sub/></item></list>")
ElementTree.SubElement(root, "item", id="3").text = "<new>"
ElementTree.indent(root)
print(ElementTree.tostring(root, encoding="unicode"), root.findtext("item[@id='3']"))
print(xml.dom.minidom.parseString("<a><b/>text</a>").toprettyxml(indent=" "))
try:
    ElementTree.fromstring("<open>")
except ElementTree.ParseError as error:
    print(error)
parser = configparser.ConfigParser()
parser.read_string("[paths]\nbase = /srv\nfull = %(base)s/data\n")
print(dict(parser["paths"]))
message = EmailMessage(policy=email.policy.SMTP)
message["Subject"], message["To"] = "Grüße", "a@example.org, B <b@example.org>"
message.set_content("Text ✓\n")
parsed = email.message_from_bytes(bytes(message), policy=email.policy.default)
print(parsed["subject"], [a.display_name for a in parsed["to"].addresses], parsed.get_content())
