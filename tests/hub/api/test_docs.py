"""The documentation is whole, and nothing of it, or of any page, comes from outside."""

import asyncio
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import hub
from hub.api.app import OPERATIONS, build_api, openapi_json
from hub.api.example import EXAMPLE
from tests.hub.api.desk import Desk
from tests.hub.api.server import serving
from tests.services import missing

STATIC = Path(hub.__file__).parent / "api" / "static"
#: What makes a browser fetch something: in pages, style sheets and scripts of ours.
FETCHES = re.compile(r"""(?:src|href|action)\s*=\s*["']?\s*(?:https?:)?//|@import|url\(\s*["']?(?:https?:)?//""", re.I)


def test_no_page_or_style_of_the_product_loads_from_outside() -> None:
    pages = [path for path in Path(hub.__file__).parent.rglob("*") if path.suffix in {".html", ".css", ".svg", ".j2"}]
    assert STATIC / "docs.html" in pages
    for path in pages:
        assert not FETCHES.search(path.read_text(encoding="utf-8")), path


def test_scripts_of_ours_name_no_outside_address() -> None:
    scripts = [path for path in Path(hub.__file__).parent.rglob("*.js") if path.parent.name != "swagger-ui"]
    assert scripts
    for path in scripts:
        assert "://" not in path.read_text(encoding="utf-8"), path


async def test_the_page_may_load_from_here_alone(desk: Desk) -> None:
    page = await desk.call("GET", "/docs", scope=None)
    policy = dict(part.strip().partition(" ")[::2] for part in page.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    for name in re.findall(r'(?:src|href)="(/docs/[^"]+)"', page.text):
        asset = await desk.call("GET", name, scope=None)
        assert asset.status_code == 200
        assert asset.content
    assert (await desk.call("GET", "/docs/LICENSE", scope=None)).status_code == 404
    assert (await desk.call("GET", "/docs/..%2f..%2fapp.py", scope=None)).status_code == 404


async def test_every_operation_is_documented_with_its_key_and_errors(desk: Desk) -> None:
    document = (await desk.call("GET", "/openapi.json", scope=None)).json()
    for operation in OPERATIONS:
        shown = document["paths"][operation.path][operation.method.lower()]
        assert str(operation.status) in shown["responses"]
        assert ("security" in shown) == bool(operation.scopes)
        for status, response in shown["responses"].items():
            if int(status) >= 400:
                assert "application/problem+json" in response["content"]
        placed = {parameter["name"] for parameter in shown.get("parameters", []) if parameter["in"] == "path"}
        assert placed == set(re.findall(r"{(\w+)}", operation.path))
    body = document["paths"]["/v1/cases"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Submission"}


async def test_the_example_in_the_documentation_is_accepted_as_it_stands(desk: Desk) -> None:
    response = await desk.submit(dict(EXAMPLE))
    assert response.status_code == 201, response.text


def test_every_reference_leads_somewhere() -> None:
    document = json.loads(openapi_json())
    names = set(document["components"]["schemas"])

    def refs(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*map(refs, value.values()))
        return set().union(*map(refs, value)) if isinstance(value, list) else set()

    assert refs(document) <= names
    assert (
        len({op["operationId"] for path in document["paths"].values() for op in path.values()}) == len(OPERATIONS) + 1
    )


async def test_a_real_browser_shows_the_page_and_calls_nobody_else(desk: Desk, tmp_path: Path) -> None:
    if shutil.which("chromium") is None:
        missing("chromium", "install it to have the page looked at")
    log = tmp_path / "net.json"
    async with serving(build_api(desk.services)) as port:
        command = [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-pings"),
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # the browser's own calls home go nowhere
            *(f"--user-data-dir={tmp_path / 'profile'}", f"--log-net-log={log}", "--net-log-capture-mode=Everything"),
            *("--virtual-time-budget=8000", "--dump-dom", f"http://127.0.0.1:{port}/docs"),
        ]
        browser = await asyncio.create_subprocess_exec(
            *command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": str(tmp_path)}
        )
        try:
            output, _ = await asyncio.wait_for(browser.communicate(), 60)
        finally:
            if browser.returncode is None:
                browser.kill()
    assert "提交办件" in output.decode()
    assert "opblock" in output.decode()
    asked = re.findall(rf'"initiator":"http://127\.0\.0\.1:{port}".*?"url":"([^"]+)"', log.read_text(errors="replace"))
    assert {url.rpartition("/")[2] for url in asked} >= {"swagger-ui-bundle.js", "swagger-ui.css", "openapi.json"}
    assert all(url.startswith((f"http://127.0.0.1:{port}/", "data:")) for url in asked), asked
