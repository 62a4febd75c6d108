# packages: lxml
"""XPath, namespaces, XSLT, a schema, HTML, iterparse, and errors with positions."""

import io

from lxml import etree, html

document = etree.fromstring(b"""<?xml version="1.0"?>
<shop xmlns:p="urn:price"><item id="1"><name>Tea &#252;</name><p:price>2.5</p:price></item>
<item id="2"><name>Cake</name><p:price>4</p:price></item></shop>""")
spaces = {"p": "urn:price"}
print(document.xpath("//item[p:price > 3]/name/text()", namespaces=spaces))
print(document.xpath("sum(//p:price)", namespaces=spaces), document.xpath("count(//item)"))
print(document.xpath("//item[@id=$id]/name", id="1")[0].text, len(document.findall("item")))
style = etree.XSLT(etree.fromstring("""<xsl:stylesheet version="1.0"
  xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><names>
  <xsl:for-each select="//name"><xsl:sort/><n><xsl:value-of select="."/></n></xsl:for-each>
  </names></xsl:template></xsl:stylesheet>"""))
print(etree.tostring(style(document), encoding="unicode"))
schema = etree.RelaxNG(etree.fromstring(
    '<element name="a" xmlns="http://relaxng.org/ns/structure/1.0"><oneOrMore>'
    '<element name="b"><text/></element></oneOrMore></element>'))
print(schema.validate(etree.fromstring("<a><b>x</b></a>")), schema.validate(etree.fromstring("<a/>")))
page = html.fromstring("<ul><li class='x'>one<li>two <a href='/u?q=1'>link</a></ul>")
print([item.text_content() for item in page.xpath("//li")], [link[2] for link in page.iterlinks()])
stream = io.BytesIO(b"<r>" + b"".join(b"<n>%d</n>" % n for n in range(1000)) + b"</r>")
print(sum(int(node.text) for _, node in etree.iterparse(stream, tag="n")))
functions = etree.FunctionNamespace("urn:f")
functions["reverse"] = lambda context, nodes: nodes[0].text[::-1]
print(document.xpath("f:reverse(//item[2]/name)", namespaces={"f": "urn:f"}))
try:
    etree.fromstring("<open>\n<unclosed></open>")
except etree.XMLSyntaxError as error:
    print(error, error.lineno)
