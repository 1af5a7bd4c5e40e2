"""Departments with a SOAP service, 1.1 or 1.2, document/literal, described by a WSDL in the pack."""

from connectors.kinds.soap.connector import SoapConnector

__all__ = ["SoapConnector"]
