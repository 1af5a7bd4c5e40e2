"""What a pack of kind `filedrop` may say under `endpoint`."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt, model_validator

from cases.base import Record, Text
from connectors.wire.charset import Charset

Format = Literal["xml", "json", "csv"]
_PLACES = re.compile(r"\{(\w*)\}")


def _safe_name(text: str) -> str:
    for name in _PLACES.findall(text):
        if name not in ("case_no", "delivery_id"):
            raise ValueError(f"{{{name}}} is not known; use {{case_no}} or {{delivery_id}}")
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,100}", _PLACES.sub("0", text)):
        raise ValueError("a file name is letters, digits, `_`, `-` and `.`, and does not start with a full stop")
    if "{" not in text:
        raise ValueError("needs {case_no} or {delivery_id}: every case has a file of its own")
    return text


class FileFormat(Record):
    """How a document is written into a file."""

    format: Format = "xml"
    charset: Charset = "UTF-8"
    root: Annotated[str | None, Field(pattern=r"^[A-Za-z_][\w.-]*$", description="xml: name of the root element")] = (
        None
    )
    namespace: Annotated[Text | None, Field(description="xml: namespace of all elements")] = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1, description="csv")] = ","

    @model_validator(mode="after")
    def _xml_has_a_root(self) -> Self:
        if self.format == "xml" and self.root is None:
            raise ValueError("xml needs `root`, the name of the root element")
        return self


class Results(Record):
    """The folder in which the department leaves statuses."""

    folder: Text
    pattern: Annotated[str, Field(pattern=r"^[^/]+$", description="which files are results")] = "*.xml"
    format: Format = "xml"
    charset: Charset = "UTF-8"
    root: Annotated[str | None, Field(pattern=r"^[A-Za-z_][\w.-]*$", description="xml: root element in the XSD")] = None
    namespace: Annotated[Text | None, Field(description="xml: its namespace")] = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1, description="csv")] = ","
    records: Annotated[Text | None, Field(description="path of the status or the list of them; none: the file")] = None
    complete: Annotated[
        Literal["marker", "renamed", "stable"],
        Field(
            description="a file is whole when its marker is there; when it has its final name, being renamed into it; "
            "when it has not changed for `stable_seconds`"
        ),
    ] = "marker"
    stable_seconds: PositiveFloat = 5
    done_folder: Annotated[Text, Field(description="below `folder`, or an absolute path")] = "done"
    bad_folder: Annotated[Text, Field(description="what cannot be read, each with a .reason file beside it")] = "bad"


class FileDropEndpoint(Record):
    """Folders on this machine, or mounted; how files are named and written."""

    out_folder: Text
    taken_folder: Annotated[
        Text | None, Field(description="where the other side puts what it took; makes a look-up certain")
    ] = None
    file_name: Annotated[str, AfterValidator(_safe_name)] = "{case_no}.xml"
    marker: Annotated[str, Field(pattern=r"^\.[A-Za-z0-9]{1,10}$", description="added to the file's name")] = ".ok"
    max_bytes: PositiveInt = 20 * 1024 * 1024
    file: FileFormat
    results: Results | None = None
    request_schema: Annotated[Text | None, Field(description="XSD, or JSON Schema with file#/pointer")] = None
    status_schema: Annotated[Text | None, Field(description="XSD or JSON Schema of one status")] = None
