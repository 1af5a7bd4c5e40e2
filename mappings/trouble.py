"""How a rule says that a value does not fit, before the compiler adds file, line, target and source."""


class Wrong(ValueError):
    """One value cannot be mapped; the text says why and what would help. Never leaves this room."""
