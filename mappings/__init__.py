"""The mapping language: specification, expressions, code tables, checker and compiler. Pure, no I/O.

tables  = [load_table(text, file="tables/id_type.yaml")]
request = compile_mapping(load_mapping(text, file="request.yaml", direction="out", tables=tables))
mapped  = request.run(case)          # mapped.document, mapped.trace, mapped.marks
update  = read_status(status, raw)   # status.yaml → StatusUpdate
"""

from mappings.compiler import CompiledMapping, Correlation, compile_mapping
from mappings.expressions import Expression, compile_condition, compile_expression
from mappings.load import Direction, MappingFile, load_mapping, load_table
from mappings.shape import Member, Shape
from mappings.spec import MappingSpec, Rule
from mappings.status import read_status
from mappings.tables import CodeTable
from mappings.trace import Mapped, TraceEntry

__all__ = [
    "CodeTable",
    "CompiledMapping",
    "Correlation",
    "Direction",
    "Expression",
    "Mapped",
    "MappingFile",
    "MappingSpec",
    "Member",
    "Rule",
    "Shape",
    "TraceEntry",
    "compile_condition",
    "compile_expression",
    "compile_mapping",
    "load_mapping",
    "load_table",
    "read_status",
]
