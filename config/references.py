"""`${NAME}` and `${secret:name}` in a pack or settings file: filled in from the environment, never logged.

`${NAME}` is an environment variable. `${secret:name}` is the file `name` in the secrets folder, or the environment
variable `HUB_SECRET_NAME` where there is no such file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cases.errors import HubError

_REFERENCE = re.compile(r"\$\{(?:(secret):)?([A-Za-z][A-Za-z0-9_.-]*)\}")
#: One reference and nothing else: how a secret must stand in a file.
SECRET_ONLY = re.compile(r"\$\{secret:[A-Za-z][A-Za-z0-9_.-]*\}")


class Unresolved(HubError):
    """A reference has no value: set the environment variable, or put the file into the secrets folder."""

    code = "reference_unresolved"


def is_reference(text: str) -> bool:
    """Say whether a text holds a reference that is still to be filled in."""
    return _REFERENCE.search(text) is not None


@dataclass(frozen=True, slots=True)
class References:
    """Where values come from. Its representation shows none of them."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets_dir: Path | None = None
    dry: bool = False  # secrets and what has no value stay as they are written: nothing can be sent, or leak

    def fill(self, value: Any) -> Any:
        """Return the value with every reference in it, at any depth, filled in.

        Raises:
            Unresolved: names the reference and the remedy, never a value.
        """
        if isinstance(value, str):
            return _REFERENCE.sub(self._value, value)
        if isinstance(value, Mapping):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.fill(item) for item in value]
        return value

    def _value(self, found: re.Match[str]) -> str:
        secret, name = found[1] is not None, found[2]
        if self.dry:
            return found[0] if secret else self.environment.get(name, found[0])
        return self._lookup(secret, name)

    def _lookup(self, secret: bool, name: str) -> str:
        if not secret:
            if name in self.environment:
                return self.environment[name]
            raise Unresolved(f"${{{name}}} has no value: set the environment variable {name}")
        if self.secrets_dir is not None and (file := self.secrets_dir / name).is_file():
            return file.read_text("utf-8").strip()
        variable = "HUB_SECRET_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
        if variable in self.environment:
            return self.environment[variable]
        raise Unresolved(
            f"${{secret:{name}}} has no value: put a file {name!r} into the secrets folder, or set {variable}"
        )
