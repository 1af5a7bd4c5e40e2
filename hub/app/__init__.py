"""The one place that wires everything: settings become ports, ports become the road, roles become tasks."""

from hub.app.opening import open_broker, open_departments, open_store
from hub.app.process import serve
from hub.app.roles import Role

__all__ = ["Role", "open_broker", "open_departments", "open_store", "serve"]
