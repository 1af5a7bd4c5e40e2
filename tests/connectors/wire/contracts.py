# ruff: noqa: E501  XML reads best unbroken
"""Small contracts that the tests of the XML rooms share."""

from connectors.wire.contract_files import ContractFiles
from connectors.wire.wsdl import Wsdl

_WSDL = """<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="T" targetNamespace="urn:t" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="urn:t" xmlns:o="urn:other">
  <wsdl:types>{types}</wsdl:types>
  <wsdl:message name="In"><wsdl:part name="p" {part}/></wsdl:message>
  <wsdl:message name="Out"><wsdl:part name="p" element="tns:answer"/></wsdl:message>
  {head}
  <wsdl:portType name="P"><wsdl:operation name="call"><wsdl:input message="tns:In"/><wsdl:output message="tns:Out"/></wsdl:operation></wsdl:portType>
  <wsdl:binding name="B11" type="tns:P"><soap:binding transport="http://schemas.xmlsoap.org/soap/http" style="{style}"/>
    <wsdl:operation name="call"><soap:operation soapAction="urn:t/call"/><wsdl:input><soap:body use="{use}"/>{header}</wsdl:input><wsdl:output><soap:body use="{use}"/></wsdl:output></wsdl:operation></wsdl:binding>
  <wsdl:binding name="B12" type="tns:P"><soap12:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/>
    <wsdl:operation name="call"><soap12:operation soapAction="urn:t/call"/><wsdl:input><soap12:body use="literal"/></wsdl:input><wsdl:output><soap12:body use="literal"/></wsdl:output></wsdl:operation></wsdl:binding>
  <wsdl:service name="S"><wsdl:port name="P11" binding="tns:B11"><soap:address location="http://t.example/"/></wsdl:port>
    <wsdl:port name="P12" binding="tns:B12"><soap12:address location="http://t.example/"/></wsdl:port></wsdl:service>
</wsdl:definitions>"""

ANSWER = """<xs:element name="answer"><xs:complexType><xs:sequence>
  <xs:element name="code" type="xs:int"/><xs:element name="row" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
</xs:sequence></xs:complexType></xs:element>"""
HEAD = """<xs:element name="head"><xs:complexType><xs:sequence><xs:element name="token" type="xs:string"/></xs:sequence></xs:complexType></xs:element>"""

#: One of everything that departments' contracts use: facets, nesting, choice, attributes, extension, nillable, lists,
#: two namespaces, unqualified elements, a type that contains itself.
RICH = (
    """
<xs:schema targetNamespace="urn:other"><!-- unqualified -->
  <xs:complexType name="Place"><xs:sequence><xs:element name="street" type="xs:string"/><xs:element name="no" type="xs:int" minOccurs="0"/></xs:sequence>
    <xs:attribute name="kind" type="xs:string"/></xs:complexType>
</xs:schema>
<xs:schema targetNamespace="urn:t" elementFormDefault="qualified">
  <xs:import namespace="urn:other"/>
  <xs:simpleType name="Code"><xs:restriction base="xs:string"><xs:enumeration value="01"/><xs:enumeration value="02"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="Short"><xs:restriction base="xs:string"><xs:minLength value="1"/><xs:maxLength value="8"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="Shorter"><xs:restriction base="tns:Short"><xs:pattern value="[a-z]+"/></xs:restriction></xs:simpleType>
  <xs:complexType name="Base"><xs:sequence><xs:element name="a" type="xs:string"/></xs:sequence><xs:attribute name="id" type="xs:int" use="required"/></xs:complexType>
  <xs:complexType name="Extended"><xs:complexContent><xs:extension base="tns:Base"><xs:sequence><xs:element name="b" type="xs:boolean"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
  <xs:complexType name="Money"><xs:simpleContent><xs:extension base="xs:decimal"><xs:attribute name="currency" type="xs:string" use="required"/></xs:extension></xs:simpleContent></xs:complexType>
  <xs:complexType name="Tree"><xs:sequence><xs:element name="label" type="xs:string"/><xs:element name="child" type="tns:Tree" minOccurs="0" maxOccurs="unbounded"/></xs:sequence></xs:complexType>
  <xs:element name="call"><xs:complexType><xs:sequence>
    <xs:element name="text" type="xs:string"/>
    <xs:element name="code" type="tns:Code" minOccurs="0"/>
    <xs:element name="short" type="tns:Shorter" minOccurs="0"/>
    <xs:element name="count" type="xs:int" minOccurs="0"/>
    <xs:element name="flag" type="xs:boolean" minOccurs="0"/>
    <xs:element name="amount" type="xs:decimal" minOccurs="0"/>
    <xs:element name="day" type="xs:date" minOccurs="0"/>
    <xs:element name="file" type="xs:base64Binary" minOccurs="0"/>
    <xs:element name="maybe" type="xs:string" nillable="true"/>
    <xs:element name="word" type="xs:string" minOccurs="0" maxOccurs="3"/>
    <xs:element name="place" type="o:Place" minOccurs="0"/>
    <xs:element name="more" type="tns:Extended" minOccurs="0" maxOccurs="unbounded"/>
    <xs:element name="money" type="tns:Money" minOccurs="0"/>
    <xs:choice minOccurs="0"><xs:element name="left" type="xs:string"/><xs:element name="right" type="xs:int"/></xs:choice>
    <xs:element name="tree" type="tns:Tree" minOccurs="0"/>
  </xs:sequence></xs:complexType></xs:element>
  """
    + ANSWER
    + HEAD
    + "</xs:schema>"
)


def wsdl_text(
    types: str = RICH,
    *,
    part: str = 'element="tns:call"',
    style: str = "document",
    use: str = "literal",
    header: str = "",
) -> bytes:
    """Return a WSDL around schemas."""
    head = '<wsdl:message name="Head"><wsdl:part name="h" element="tns:head"/></wsdl:message>' if header else ""
    return _WSDL.format(types=types, part=part, style=style, use=use, header=header, head=head).encode()


def read(text: bytes, **files: bytes) -> Wsdl:
    """Read a WSDL; files by name with `_` for `.`."""
    more = {name.replace("_", "."): content for name, content in files.items()}
    return Wsdl(ContractFiles({"service.wsdl": text, **more}), "service.wsdl")


def schema(*, target: str, body: str, qualified: bool = True) -> str:
    """Return one schema."""
    form = ' elementFormDefault="qualified"' if qualified else ""
    return f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="{target}" targetNamespace="{target}"{form}>{body}</xs:schema>'
