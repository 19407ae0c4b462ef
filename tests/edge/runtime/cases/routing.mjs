import assert from "node:assert/strict";

import { Miniflare, Response, cookie, modulesOf, world, works } from "../world.mjs";

const NA = { continent: "NA", country: "US" };
const EU = { continent: "EU", country: "FR" };
const AS = { continent: "AS", country: "JP" };
const OC = { continent: "OC", country: "AU" };

const addresses = (count) => Array.from({ length: count }, (_, i) => `198.51.${i >> 8}.${i & 255}`);

async function shares(there, cf, count = 400) {
  const found = {};
  for (const ip of addresses(count)) {
    const response = await there.ask("/notes", { cf, ip });
    const region = response.headers.get("x-region");
    await response.text();
    found[region] = (found[region] ?? 0) + 1 / count;
  }
  return found;
}

export const cases = {
  "a request goes to the region of its continent": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    for (const [cf, region] of [[NA, "us-west"], [EU, "eu-west"], [AS, "ap-south"]]) {
      const response = await there.ask("/notes/1?page=2", { cf });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("x-region"), region);
      const { url, region: arrived } = await response.json();
      assert.deepEqual([arrived, url], [region, "/notes/1?page=2"]);
    }
  },

  "a country goes before its continent": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const response = await there.ask("/notes", { cf: { continent: "AS", country: "IL" } });
    assert.equal(response.headers.get("x-region"), "eu-west");
  },

  "where no region is named requests are shared out by weight": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const found = await shares(there, OC);
    // 400 fixed addresses: four standard deviations of a share are 0.1 at most.
    for (const [region, weight] of [["us-west", 0.5], ["eu-west", 0.3], ["ap-south", 0.2]]) {
      assert.ok(Math.abs(found[region] - weight) < 0.1, JSON.stringify(found));
    }
  },

  "the same client is sent to the same region every time": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    for (const ip of addresses(20)) {
      const answers = await Promise.all([1, 2, 3].map(() => there.ask("/notes", { cf: OC, ip })));
      assert.equal(new Set(answers.map((answer) => answer.headers.get("x-region"))).size, 1);
    }
  },

  "a request of unknown origin is answered": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const response = await there.ask("/notes", { cf: { country: "T1" } });
    assert.equal(response.status, 200);
  },

  "a drained region gets nothing and its share goes to the others by weight": async ({ drained }, tidy) => {
    const there = tidy(await world(drained));
    const found = await shares(there, EU);
    assert.deepEqual(Object.keys(found).sort(), ["ap-south", "us-west"]);
    assert.ok(Math.abs(found["us-west"] - 5 / 7) < 0.1, JSON.stringify(found));
    const hinted = await there.ask("/notes", { cf: EU, headers: { cookie: "__Host-region=eu-west" } });
    assert.notEqual(hinted.headers.get("x-region"), "eu-west");
  },

  "writes go to the region that writes wherever they come from": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const response = await there.ask("/notes", {
        method,
        cf: AS,
        ...(method === "DELETE" ? {} : { body: '{"a": 1}', headers: { "content-type": "application/json" } }),
      });
      assert.equal(response.headers.get("x-region"), "us-west");
      const arrived = await response.json();
      assert.equal(arrived.method, method);
      assert.equal(arrived.body, method === "DELETE" ? "" : '{"a": 1}');
    }
  },

  "without a region that writes each region takes its own": async ({ live }, tidy) => {
    const change = (platform) => {
      platform.writes = "";
    };
    const there = tidy(await world(live, { change }));
    const response = await there.ask("/notes", { method: "DELETE", cf: AS });
    assert.equal(response.headers.get("x-region"), "ap-south");
  },

  "a region is asked at its own host and told which one the client asked": async ({ live }, tidy) => {
    const asked = [];
    const outboundService = (request) => {
      asked.push([request.url, request.headers.get("x-forwarded-host"), request.cf]);
      return new Response("{}");
    };
    const worker = new Miniflare({ modules: await modulesOf(live), compatibilityDate: "2026-07-01", outboundService });
    tidy({ close: () => worker.dispose() });
    for (const [cf, host] of [[NA, "us"], [EU, "eu"], [AS, "ap"]]) {
      const response = await worker.dispatchFetch("https://api.globe.example/notes", { cf });
      assert.equal(response.status, 200);
      assert.deepEqual(asked.at(-1).slice(0, 2), [`https://${host}.globe.example/notes`, "api.globe.example"]);
    }
    // What Cloudflare's tiered cache is told: nothing is kept, or what may be for as long as it may be.
    assert.deepEqual(asked.at(-1)[2].cacheTtlByStatus, { "100-599": -1 });
    await (await worker.dispatchFetch("https://api.globe.example/papers", { cf: EU })).text();
    assert.equal(asked.at(-1)[2].cacheEverything, true);
    assert.deepEqual(asked.at(-1)[2].cacheTtlByStatus, { "200-299": 300, "300-599": -1 });
  },

  "a client stays with the region that answered it": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const first = await there.ask("/notes", { cf: EU });
    assert.equal(cookie(first, "__Host-region"), "eu-west");
    assert.match(first.headers.get("set-cookie"), /Path=\/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax/);
    const travelled = await there.ask("/notes", { cf: AS, headers: { cookie: "a=b; __Host-region=eu-west" } });
    assert.equal(travelled.headers.get("x-region"), "eu-west");
    assert.equal(cookie(travelled, "__Host-region"), undefined);
  },

  "a hint to a region that is not there is no hint": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    for (const hint of ["mars", "__proto__", ""]) {
      const response = await there.ask("/notes", { cf: AS, headers: { cookie: `__Host-region=${hint}` } });
      assert.equal(response.headers.get("x-region"), "ap-south");
    }
  },

  "a client without cookies is remembered by a digest of its credentials": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const headers = { authorization: "Bearer one" };
    const first = await there.ask("/notes", { cf: EU, headers });
    assert.equal(first.headers.get("x-region"), "eu-west");
    assert.equal(first.headers.has("set-cookie"), false);
    const sessions = await there.worker.getKVNamespace(there.platform.bindings.sessions);
    const { keys } = await sessions.list();
    assert.equal(keys.length, 1);
    assert.match(keys[0].name, /^[0-9a-f]{64}$/);
    const travelled = await there.ask("/notes", { cf: AS, headers });
    assert.equal(travelled.headers.get("x-region"), "eu-west");
    const other = await there.ask("/notes", { cf: AS, headers: { authorization: "Bearer two" } });
    assert.equal(other.headers.get("x-region"), "ap-south");
  },

  "after a write a client reads where it wrote": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const wrote = await there.ask("/notes/1", { method: "DELETE", cf: EU, headers: { cookie: "__Host-region=eu-west" } });
    assert.equal(cookie(wrote, "__Host-written"), "1");
    assert.equal(cookie(wrote, "__Host-region"), undefined);
    const read = await there.ask("/notes", { cf: EU, headers: { cookie: "__Host-region=eu-west; __Host-written=1" } });
    assert.equal(read.headers.get("x-region"), "us-west");
    assert.equal(cookie(read, "__Host-region"), undefined);
  },

  "cookies of a region reach the client beside the edge's own": async ({ live }, tidy) => {
    const there = tidy(await world(live, { regions: { "eu-west": works(200, { "set-cookie": ["a=1; Path=/", "b=2"] }) } }));
    const response = await there.ask("/notes", { cf: EU });
    assert.deepEqual(response.headers.getSetCookie().map((line) => line.split("=")[0]), ["a", "b", "__Host-region"]);
  },
};
