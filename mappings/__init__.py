"""The mapping language: specification, expressions, code tables, checker and compiler. Pure, no I/O."""
