"""What edge/ holds for a platform, and that Cloudflare's API would be told just that."""

import dataclasses
import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import edge_runtime
import pytest
import rendered_edge

from generator.deliver.edge.readme import edge_lines
from generator.deliver.edge.render import render_edge
from generator.spec.edge import Edge
from generator.spec.load import load
from generator.spec.model import Platform
from generator.spec.workspace import open_workspace

LIVE = rendered_edge.platform()


def changed(found: Platform, **changes: Any) -> Platform:
    assert isinstance(found.edge, Edge)
    return dataclasses.replace(found, edge=dataclasses.replace(found.edge, **changes))


def limited(found: Platform, requests: int) -> Platform:
    assert isinstance(found.edge, Edge)
    return changed(found, limits=dataclasses.replace(found.edge.limits, requests=requests))


def files(found: Platform) -> dict[str, str]:
    return {file.path: file.content.decode("latin-1") for file in render_edge(found)}


def facts(found: Platform) -> Any:
    _, _, text = files(found)["edge/src/platform.js"].partition("export default ")
    return json.loads(text.rstrip().removesuffix(";"))


def body(found: Platform, name: str) -> Any:
    return json.loads(files(found)[f"edge/{name}"])


def wrangler(found: Platform) -> Any:
    lines = files(found)["edge/wrangler.jsonc"].splitlines()
    return json.loads("\n".join(line for line in lines if not line.lstrip().startswith("//")))


def test_a_platform_without_an_edge_has_no_files_and_no_section() -> None:
    without = dataclasses.replace(LIVE, edge=None)
    assert render_edge(without) == ()
    assert list(edge_lines(without)) == []


def test_the_same_platform_renders_the_same_bytes() -> None:
    assert render_edge(LIVE) == render_edge(rendered_edge.platform())
    assert {file.owner for file in render_edge(LIVE)} == {"edge"}


def test_the_worker_knows_regions_by_host_and_paths_by_the_timeouts_of_their_gateways() -> None:
    found = facts(LIVE)
    assert found["regions"][1] == {"name": "eu-west", "origin": "https://eu.globe.example", "weight": 0.3}
    assert {"path": "/notes", "timeout": 4000} in found["paths"]
    assert found["failover"]["timeout"] is None
    assert found["continents"] == {"AF": "eu-west", "AS": "ap-south", "EU": "eu-west", "NA": "us-west", "SA": "us-west"}


def test_one_value_takes_a_drained_region_out_of_everything() -> None:
    drained = rendered_edge.platform("drained")
    found = facts(drained)
    assert [region["name"] for region in found["regions"]] == ["us-west", "ap-south"]
    assert set(found["continents"].values()) | set(found["countries"].values()) == {"us-west", "ap-south"}
    pools = {pool["name"]: pool["enabled"] for pool in body(drained, "load-balancing/pools.json")}
    assert pools == {"globe-drained-us-west": True, "globe-drained-eu-west": False, "globe-drained-ap-south": True}
    (balancer,) = body(drained, "load-balancing/load-balancers.json")
    assert "globe-drained-eu-west" not in json.dumps(balancer)
    assert "WEU" not in balancer["region_pools"]
    assert "| eu-west | https://eu.globe.example | none | none | drained | no |" in list(edge_lines(drained))
    assert any("| us-west |" in line and "| 71.4 % |" in line for line in edge_lines(drained))


def test_wrangler_binds_namespaces_and_routes_and_nothing_that_is_secret() -> None:
    found = wrangler(LIVE)
    assert found["name"] == "globe-live-edge"
    assert found["routes"] == [{"pattern": "api.globe.example/*", "zone_name": "globe.example"}]
    assert [namespace["binding"] for namespace in found["kv_namespaces"]] == ["GLOBE_CACHE", "GLOBE_SESSIONS"]
    assert found["triggers"] == {"crons": ["* * * * *"]}
    assert not {"vars", "secrets"} & found.keys()
    assert (found["workers_dev"], found["preview_urls"]) == (False, False)
    # A host on the Worker's own route is asked at its origin, whatever a later date makes of it.
    assert found["compatibility_flags"] == ["global_fetch_private_origin"]


def test_what_the_spec_leaves_out_is_not_bound() -> None:
    found = wrangler(changed(LIVE, kv={}))
    assert not {"kv_namespaces", "ratelimits"} & found.keys()
    assert "edge/rulesets/rate.json" not in files(LIVE)


def test_a_limit_of_requests_holds_in_the_worker_and_in_the_firewall_as_the_plan_counts() -> None:
    limited_live = limited(LIVE, 600)
    (limiter,) = wrangler(limited_live)["ratelimits"]
    assert limiter["simple"] == {"limit": 600, "period": 60}
    (rule,) = body(limited_live, "rulesets/rate.json")["rules"]
    assert (rule["ratelimit"]["period"], rule["ratelimit"]["requests_per_period"]) == (60, 600)
    (rule,) = body(changed(limited_live, plan="free"), "rulesets/rate.json")["rules"]
    assert (rule["ratelimit"]["period"], rule["ratelimit"]["requests_per_period"]) == (10, 100)


def test_environments_of_an_account_do_not_share_a_limiter() -> None:
    other = dataclasses.replace(limited(LIVE, 600), environment="other")
    ids = {wrangler(found)["ratelimits"][0]["namespace_id"] for found in (limited(LIVE, 600), other)}
    assert len(ids) == 2


@pytest.mark.parametrize(("plan", "rules"), [("free", 1), ("pro", 2), ("business", 2), ("enterprise", 2)])
def test_the_firewall_has_the_managed_rules_of_the_plan_on_the_hosts_of_the_environment(plan: str, rules: int) -> None:
    found = body(changed(LIVE, plan=plan), "rulesets/managed.json")["rules"]
    assert len(found) == rules
    hosts = '{"ap.globe.example" "api.globe.example" "eu.globe.example" "us.globe.example"}'
    assert {rule["expression"] for rule in found} == {f"http.host in {hosts}"}
    assert all(rule["ref"].startswith("globe-live-edge-") for rule in found)


def test_the_zone_takes_tls_1_3_alone_and_tiers_its_cache_only_where_something_is_kept() -> None:
    assert body(LIVE, "settings.json")["settings/min_tls_version"] == {"value": "1.3"}
    assert "argo/tiered_caching" in body(LIVE, "settings.json")
    assert "argo/tiered_caching" not in body(changed(LIVE, cache=()), "settings.json")


def test_a_header_of_the_spec_replaces_the_default_of_the_same_name() -> None:
    found = facts(changed(LIVE, headers={"x-frame-options": "SAMEORIGIN"}))["headers"]
    assert [value for name, value in found.items() if name.lower() == "x-frame-options"] == ["SAMEORIGIN"]
    assert "Strict-Transport-Security" in found


def test_the_load_balancer_steers_by_continent_and_fails_over_by_weight() -> None:
    (found,) = body(LIVE, "load-balancing/load-balancers.json")
    assert found["default_pools"] == ["globe-live-us-west", "globe-live-eu-west", "globe-live-ap-south"]
    assert found["region_pools"]["WEU"] == ["globe-live-eu-west", "globe-live-us-west", "globe-live-ap-south"]
    assert "OC" not in found["region_pools"]
    assert "country_pools" not in found
    (found,) = body(changed(LIVE, plan="enterprise"), "load-balancing/load-balancers.json")
    assert found["country_pools"]["IL"][0] == "globe-live-eu-west"


def test_no_load_balancer_stands_where_it_would_be_its_own_origin() -> None:
    found = files(changed(LIVE, hosts=("us.globe.example",)))
    assert not [path for path in found if path.startswith("edge/load-balancing/")]
    assert "would be its own origin" in " ".join(found["edge/README.md"].split())


def test_deploy_sh_is_a_shell_script_that_says_what_it_takes(tmp_path: Path) -> None:
    folder = rendered_edge.write(LIVE, tmp_path)
    done = subprocess.run(["sh", folder / "deploy.sh"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "usage: sh deploy.sh check|worker|zone|load-balancing\n")
    without = {"PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        ["sh", folder / "deploy.sh", "zone"], capture_output=True, text=True, check=False, env=without
    )
    assert done.returncode != 0
    assert "set CLOUDFLARE_API_TOKEN" in done.stderr


class FakeApi(BaseHTTPRequestHandler):
    """As much of Cloudflare's API as apply.mjs asks; a zone in which others have rules too."""

    calls: ClassVar[list[tuple[str, str, Any]]] = []
    there: ClassVar[dict[str, Any]] = {}

    def answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        sent = json.loads(self.rfile.read(length)) if length else None
        path, _, _ = self.path.partition("?")
        self.calls.append((self.command, path, sent))
        refused = self.headers["authorization"] != "Bearer token"
        found = self.there.get(path, None if self.command == "GET" else {**(sent or {}), "id": f"id-{len(self.calls)}"})
        status = 403 if refused else 404 if found is None else 200
        errors = [{"code": 9109, "message": "Unauthorized"}] if refused else []
        content = json.dumps({"success": status == 200, "errors": errors, "result": found}).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_PATCH = answer  # noqa: N815  (names that the server looks for)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name that the base class has)
        """Say nothing."""


OTHERS = {"id": "1", "ref": "somebody-else", "version": "3", "last_updated": "2026-01-01T00:00:00Z", "action": "block"}
OURS_BEFORE = {"id": "2", "ref": "globe-live-edge-owasp", "action": "execute"}
MANAGED = "/zones/z1/rulesets/phases/http_request_firewall_managed/entrypoint"


@pytest.fixture
def api() -> Iterator[str]:
    FakeApi.calls.clear()
    FakeApi.there = {"/zones": [{"id": "z1"}], MANAGED: {"rules": [OTHERS, OURS_BEFORE]}}
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeApi)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def apply(folder: Path, api: str, what: str, token: str = "token") -> subprocess.CompletedProcess[str]:  # noqa: S107
    environment = {"CLOUDFLARE_API_BASE_URL": api, "CLOUDFLARE_API_TOKEN": token, "NO_PROXY": "127.0.0.1"}
    return edge_runtime.run(folder / "apply.mjs", what, env=environment)


def told(method: str, path: str) -> list[Any]:
    return [sent for found, where, sent in FakeApi.calls if (found, where) == (method, path)]


def test_the_zone_is_told_its_settings_and_keeps_the_rules_of_others(api: str, tmp_path: Path) -> None:
    folder = rendered_edge.write(limited(LIVE, 600), tmp_path)
    done = apply(folder, api, "zone")
    assert done.returncode == 0, done.stderr
    assert told("PATCH", "/zones/z1/settings/min_tls_version") == [{"value": "1.3"}]
    ours = json.loads((folder / "rulesets" / "managed.json").read_text("utf-8"))["rules"]
    kept = {"id": "1", "ref": "somebody-else", "action": "block"}
    assert told("PUT", MANAGED) == [{"rules": [kept, *ours]}]
    (limits,) = told("PUT", "/zones/z1/rulesets/phases/http_ratelimit/entrypoint")
    assert [rule["ref"] for rule in limits["rules"]] == ["globe-live-edge-requests"]


def test_a_limit_that_left_the_spec_is_taken_back(api: str, tmp_path: Path) -> None:
    assert apply(rendered_edge.write(LIVE, tmp_path), api, "zone").returncode == 0
    assert told("PUT", "/zones/z1/rulesets/phases/http_ratelimit/entrypoint") == [{"rules": []}]


def test_pools_are_made_or_changed_and_stand_in_the_load_balancer_by_id(api: str, tmp_path: Path) -> None:
    pools = "/accounts/023e105f4ecef8ad9ca31a8372d0c353/load_balancers/pools"
    folder = rendered_edge.write(LIVE, tmp_path)
    done = apply(folder, api, "load-balancing")
    assert done.returncode == 0, done.stderr
    made = told("POST", pools)
    assert [pool["name"] for pool in made] == ["globe-live-us-west", "globe-live-eu-west", "globe-live-ap-south"]
    assert all(pool["monitor"].startswith("id-") for pool in made)
    (balancer,) = told("POST", "/zones/z1/load_balancers")
    assert all(found.startswith("id-") for found in [*balancer["default_pools"], balancer["fallback_pool"]])
    assert all(found.startswith("id-") for ids in balancer["region_pools"].values() for found in ids)


def test_pools_that_are_there_are_changed(api: str, tmp_path: Path) -> None:
    pools = "/accounts/023e105f4ecef8ad9ca31a8372d0c353/load_balancers/pools"
    FakeApi.there[pools] = [{"id": "p1", "name": "globe-live-eu-west"}]
    assert apply(rendered_edge.write(LIVE, tmp_path), api, "load-balancing").returncode == 0
    assert [pool["name"] for pool in told("PUT", f"{pools}/p1")] == ["globe-live-eu-west"]


def test_a_token_that_may_not_is_said(api: str, tmp_path: Path) -> None:
    done = apply(rendered_edge.write(LIVE, tmp_path), api, "zone", token="other")  # noqa: S106
    assert done.returncode == 1
    assert "403 9109 Unauthorized" in done.stderr


@pytest.mark.parametrize("environment", ["growth", "production", "staging"])
def test_the_workers_of_talai_start_and_send_a_request_to_their_region(environment: str, tmp_path: Path) -> None:
    talai = load(open_workspace(rendered_edge.ROOT), "talai", environment)
    folder = rendered_edge.write(talai, tmp_path)
    host = talai.regions[0].host
    done = edge_runtime.run(edge_runtime.RUNTIME / "smoke.mjs", str(folder), f"https://{host}/orchex")
    assert done.returncode == 0, done.stderr
    asked = {region.name: f"https://{region.host}/orchex" for region in talai.regions}
    assert json.loads(done.stdout) == {"NA": asked["us-west-2"], "EU": asked["eu-west-1"], "AS": asked["ap-south-1"]}
