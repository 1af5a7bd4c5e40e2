"""The mapping language: specification, expressions, code tables, checker and compiler. Pure, no I/O.

tables  = [load_table(text, file="tables/id_type.yaml")]
request = compile_mapping(load_mapping(text, file="request.yaml", direction="out", tables=tables))
mapped  = request.run(case)          # mapped.document, mapped.trace, mapped.marks
update  = read_status(status, raw)   # status.yaml → StatusUpdate
"""

from mappings.checker import check_fields, check_mapping
from mappings.compiler import CompiledMapping, Correlation, compile_mapping
from mappings.expressions import Expression, compile_condition, compile_expression
from mappings.json_schema import shape_from_json_schema, shape_from_model
from mappings.load import Direction, MappingFile, load_mapping, load_table
from mappings.shape import Member, Shape
from mappings.spec import MappingSpec, Rule
from mappings.status import read_status, status_shape
from mappings.tables import CodeTable
from mappings.testing import ExampleResult, run_tests
from mappings.trace import Mapped, TraceEntry

__all__ = [
    "CodeTable",
    "CompiledMapping",
    "Correlation",
    "Direction",
    "ExampleResult",
    "Expression",
    "Mapped",
    "MappingFile",
    "MappingSpec",
    "Member",
    "Rule",
    "Shape",
    "TraceEntry",
    "check_fields",
    "check_mapping",
    "compile_condition",
    "compile_expression",
    "compile_mapping",
    "load_mapping",
    "load_table",
    "read_status",
    "run_tests",
    "shape_from_json_schema",
    "shape_from_model",
    "status_shape",
]
