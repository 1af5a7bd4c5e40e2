"""The one place that wires everything: settings become ports, ports become the road, roles become tasks.

Nothing is imported here: each command of the CLI loads only the part it needs.
"""
