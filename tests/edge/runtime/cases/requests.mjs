import assert from "node:assert/strict";

import { HOST, needs, works, world } from "../world.mjs";

const EU = { continent: "EU", country: "FR" };
const JSON_TYPE = { "content-type": "application/json" };

/** Returns the status of a request that no region may hear of. */
async function refused(there, path, init = {}) {
  const before = there.asked.length;
  const response = await there.ask(path, { cf: EU, ...init });
  assert.equal(there.asked.length, before, `${path} reached a region`);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  return response;
}

const post = (body, headers = JSON_TYPE) => ({ method: "POST", body, headers, duplex: "half" });

export const cases = {
  "every answer carries the headers that keep browsers safe": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    for (const path of ["/notes", "/papers", "/nothing"]) {
      const { headers } = await there.ask(path, { cf: EU });
      assert.equal(headers.get("strict-transport-security"), "max-age=63072000; includeSubDomains");
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("x-frame-options"), "DENY");
      assert.equal(headers.get("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
      assert.equal(headers.get("referrer-policy"), "no-referrer");
      assert.match(headers.get("permissions-policy"), /geolocation=\(\)/);
    }
  },

  "no answer says what software gave it": async ({ live }, tidy) => {
    const telling = { "x-powered-by": "uvicorn", "x-envoy-upstream-service-time": "4", via: "1.1 a", "x-own": "kept" };
    const there = tidy(await world(live, { regions: { "eu-west": works(200, telling) } }));
    const { headers } = await there.ask("/notes", { cf: EU });
    for (const name of ["server", "x-powered-by", "x-envoy-upstream-service-time", "via"]) assert.equal(headers.get(name), null);
    assert.equal(headers.get("x-own"), "kept");
  },

  "a request has an identity from the client to the region": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const given = "5f0c1a52-8d3c-4c1a-9f6e-0123456789ab";
    const kept = await there.ask("/notes", { cf: EU, headers: { "x-request-id": given } });
    assert.equal(kept.headers.get("x-request-id"), given);
    assert.equal(there.asked[0].headers["x-request-id"], given);
    const made = await there.ask("/notes", { cf: EU, headers: { "x-request-id": "<script>" } });
    assert.match(made.headers.get("x-request-id"), /^[0-9a-f-]{36}$/);
    assert.equal(there.asked[1].headers["x-request-id"], made.headers.get("x-request-id"));
  },

  "what only a proxy may say is not taken from clients": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const headers = {
      "x-envoy-retry-on": "5xx",
      "x-forwarded-client-cert": "Hash=1",
      "x-forwarded-host": "evil.example",
      "x-own": "kept",
    };
    await (await there.ask("/notes", { cf: EU, headers })).text();
    const arrived = there.asked[0].headers;
    assert.deepEqual([arrived["x-envoy-retry-on"], arrived["x-forwarded-client-cert"]], [undefined, undefined]);
    assert.deepEqual([arrived["x-forwarded-host"], arrived["x-own"]], ["api.globe.example", "kept"]);
  },

  "a redirection leads back to the edge": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const origin = there.platform.regions.find(({ name }) => name === "eu-west").origin;
    for (const [location, expected] of [[`${origin}/notes/2`, `${HOST}/notes/2`], ["/notes/2", "/notes/2"], ["https://other.example/", "https://other.example/"]]) {
      there.behave("eu-west", works(307, { location }));
      const response = await there.ask("/notes", { cf: EU });
      assert.deepEqual([response.status, response.headers.get("location")], [307, expected]);
    }
  },

  "a host that is not the platform's is refused": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    assert.equal((await refused(there, "https://other.example/notes")).status, 421);
  },

  "plain HTTP is sent to HTTPS": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const response = await there.ask("http://api.globe.example/notes?a=1", { cf: EU });
    assert.deepEqual([response.status, response.headers.get("location")], [308, `${HOST}/notes?a=1`]);
  },

  "a path that no service exposes is refused": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    for (const path of ["/", "/admin", "/notesbook", "/Notes", "/health/regions", "/notes/../admin"]) {
      assert.equal((await refused(there, path)).status, 404);
    }
    for (const path of ["/notes", "/notes/", "/notes/1/2", "/health", "/health/region"]) {
      assert.equal((await there.ask(path, { cf: EU })).status, 200);
    }
  },

  "a path that two servers could read differently is refused": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    for (const path of ["/notes/%2e%2e%2fadmin", "/notes%2Fa", "/notes/%5c..", "/notes//admin", "/notes/%00", "/notes/%0a"]) {
      assert.equal((await refused(there, path)).status, 400, path);
    }
    assert.equal((await there.ask("/notes/%C3%A9%20a", { cf: EU })).status, 200);
  },

  "an address that is too long is refused": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    assert.equal((await refused(there, `/notes?${"a".repeat(9000)}`)).status, 414);
  },

  "a method that is none of the platform's is refused with those that are": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const response = await refused(there, "/notes", { method: "PROPFIND" });
    assert.deepEqual([response.status, response.headers.get("allow")], [405, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"]);
  },

  "a body that is too large is refused, said or not": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const large = JSON.stringify("a".repeat(64 * 1024));
    assert.equal((await refused(there, "/notes", post(large))).status, 413);
    const stream = new Blob([large]).stream();
    assert.equal((await refused(there, "/notes", post(stream))).status, 413);
    const fits = JSON.stringify("a".repeat(64 * 1024 - 2));
    assert.equal((await there.ask("/notes", { cf: EU, ...post(fits) })).status, 200);
  },

  "a body of a type that nobody takes is refused": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    for (const type of ["application/xml", "text/html", "multipart/form-data; boundary=a"]) {
      assert.equal((await refused(there, "/notes", post("{}", { "content-type": type }))).status, 415);
    }
    const packed = { ...JSON_TYPE, "content-encoding": "br" };
    assert.equal((await refused(there, "/notes", post("{}", packed))).status, 415);
    const plain = { "content-type": "Text/Plain; charset=utf-8" };
    assert.equal((await there.ask("/notes", { cf: EU, ...post("{", plain) })).status, 200);
  },

  "a body that is no JSON is refused": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const wrong = ["{", "{'a': 1}", "[1,]", "01", "nul", '{"a" 1}', '"\u0001"', '{"a":1}}', "\ufeff{}"];
    for (const body of wrong) assert.equal((await refused(there, "/notes", post(body))).status, 400, body);
    const latin = await refused(there, "/notes", post(new Uint8Array([0x22, 0xe9, 0x22])));
    assert.match((await latin.json()).title, /UTF-8/);
    for (const body of ['{"a": [1.5e3, "é😀\\u00e9", null, true]}', " [] ", '"text"', "0"]) {
      const response = await there.ask("/notes", { cf: EU, ...post(body) });
      assert.equal((await response.json()).body, body);
    }
  },

  "JSON that is nested too deep is refused": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const nested = (depth) => "[".repeat(depth) + "]".repeat(depth);
    assert.equal((await there.ask("/notes", { cf: EU, ...post(nested(8)) })).status, 200);
    const response = await refused(there, "/notes", post(nested(9)));
    assert.deepEqual([response.status, (await response.json()).title], [400, "The body is nested too deep."]);
  },

  "a write without a body needs no type": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    assert.equal((await there.ask("/notes", { method: "POST", cf: EU })).status, 200);
  },

  "a client that asks too often is refused, others are not": async ({ live }, tidy) => {
    const options = { ratelimits: { CLIENTS: { namespace_id: "1", simple: { limit: 5, period: 60 } } } };
    const there = tidy(await world(live, { options }));
    const statuses = [];
    for (let i = 0; i < 12; i += 1) statuses.push((await there.ask("/notes", { cf: EU })).status);
    // A minute may end in between, and the count begin again.
    assert.ok(statuses.includes(429), String(statuses));
    assert.equal((await there.ask("/notes", { cf: EU, ip: "203.0.113.2" })).status, 200);
  },

  "scripts of the pages that the spec names may call, others may not": async ({ live }, tidy) => {
    const change = (platform) => {
      platform.origins = ["https://app.globe.example"];
    };
    const own = { "access-control-allow-origin": "*" };
    const there = tidy(await world(live, { change, regions: { "eu-west": works(200, own) } }));
    const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
    const asked = await there.ask("/notes", { method: "OPTIONS", cf: EU, headers: { origin: "https://app.globe.example", ...preflight } });
    assert.deepEqual([asked.status, there.asked.length], [204, 0]);
    assert.equal(asked.headers.get("access-control-allow-origin"), "https://app.globe.example");
    assert.equal(asked.headers.get("access-control-allow-headers"), "content-type");
    assert.match(asked.headers.get("access-control-allow-methods"), /POST/);
    const allowed = await there.ask("/notes", { cf: EU, headers: { origin: "https://app.globe.example" } });
    assert.equal(allowed.headers.get("access-control-allow-origin"), "https://app.globe.example");
    assert.equal(allowed.headers.get("vary"), "Origin");
    for (const origin of ["https://evil.example", "null", ""]) {
      const other = await there.ask("/notes", { cf: EU, headers: origin ? { origin } : {} });
      assert.equal(other.headers.get("access-control-allow-origin"), null);
    }
  },

  "an answer kept for one page is not shown to another": async ({ live }, tidy) => {
    const change = (platform) => {
      platform.origins = ["https://app.globe.example", "https://two.globe.example"];
    };
    const there = tidy(await world(live, { change }));
    for (const origin of ["https://app.globe.example", "https://two.globe.example", "https://evil.example"]) {
      const response = await there.ask("/papers/1", { cf: EU, headers: { origin } });
      await response.text();
      const expected = origin.includes("evil") ? null : origin;
      assert.equal(response.headers.get("access-control-allow-origin"), expected);
    }
  },

  "a WebSocket goes through to the region": async ({ live }, tidy) => {
    const { WebSocketServer } = needs("ws");
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await new Promise((resolve) => server.once("listening", resolve));
    tidy({ close: () => server.close() });
    server.on("connection", (socket) => socket.on("message", (text) => socket.send(`heard ${text}`)));
    const change = (platform) => {
      platform.regions.find(({ name }) => name === "eu-west").origin = `http://127.0.0.1:${server.address().port}`;
    };
    const there = tidy(await world(live, { change }));
    const { status, webSocket } = await there.ask("/notes/live", { cf: EU, headers: { upgrade: "websocket" } });
    assert.equal(status, 101);
    const heard = new Promise((resolve) => webSocket.addEventListener("message", ({ data }) => resolve(data)));
    webSocket.accept();
    webSocket.send("hello");
    assert.equal(await heard, "heard hello");
    webSocket.close();
  },
};
