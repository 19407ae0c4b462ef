import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";

import { REFUSES, works, world } from "../world.mjs";

const EU = { continent: "EU", country: "FR" };
const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Asks, waits for the whole answer, and returns the state of the cache with it. */
async function seen(there, path, init = {}) {
  const response = await there.ask(path, { cf: EU, ...init });
  const body = await response.text();
  return { state: response.headers.get("x-cache"), status: response.status, headers: response.headers, body };
}

/** Asks until the answer comes from the cache: what is kept is kept beside the answer, not before it. */
async function kept(there, path) {
  for (let left = 50; left > 0; left -= 1) {
    const found = await seen(there, path);
    if (found.state === "HIT") return found;
    await later(20);
  }
  throw new Error(`${path} is never kept`);
}

async function copied(there) {
  const store = await there.worker.getKVNamespace(there.platform.bindings.cache);
  for (let left = 50; left > 0; left -= 1) {
    const { keys } = await store.list({ prefix: "copy:" });
    if (keys.length) return keys;
    await later(20);
  }
  throw new Error("nothing is copied");
}

export const cases = {
  "an answer is kept, and the region not asked again": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const first = await seen(there, "/papers/1?lang=en");
    assert.deepEqual([first.status, first.state], [200, "MISS"]);
    await kept(there, "/papers/1?lang=en");
    const before = there.asked.length;
    const again = await seen(there, "/papers/1?lang=en");
    assert.deepEqual([again.state, again.body, again.headers.get("x-region")], ["HIT", first.body, "eu-west"]);
    assert.equal(there.asked.length, before);
  },

  "browsers are told their own time, and other addresses are other answers": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const first = await seen(there, "/papers/1");
    assert.equal(first.headers.get("cache-control"), "public, max-age=60");
    assert.equal(first.headers.has("set-cookie"), false);
    await kept(there, "/papers/1");
    assert.equal((await seen(there, "/papers/2")).state, "MISS");
    assert.equal((await seen(there, "/papers/1?page=2")).state, "MISS");
  },

  "the rule of the longest path holds": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    assert.equal((await seen(there, "/papers/news/today")).headers.get("cache-control"), "no-cache");
    assert.equal((await seen(there, "/papers/newsreel")).headers.get("cache-control"), "public, max-age=60");
  },

  "what is old is asked for again": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    await seen(there, "/papers/news");
    await later(1100);
    const before = there.asked.length;
    assert.equal((await seen(there, "/papers/news")).state, "MISS");
    assert.equal(there.asked.length, before + 1);
  },

  "what is old is answered while no region answers": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const first = await seen(there, "/papers/news");
    await later(1100);
    for (const region of ["us-west", "eu-west", "ap-south"]) there.behave(region, works(503));
    const old = await seen(there, "/papers/news");
    assert.deepEqual([old.status, old.state, old.body], [200, "STALE", first.body]);
    assert.equal(old.headers.get("cache-control"), "no-cache");
    assert.equal((await seen(there, "/papers/other")).status, 503);
  },

  "a data centre that keeps nothing answers from the copy that all share": async ({ live }, tidy) => {
    const there = tidy(await world(live, { regions: { "ap-south": REFUSES } }));
    await seen(there, "/papers/news");
    await later(1100);
    const again = await seen(there, "/papers/news");
    await copied(there);
    const caches = await there.worker.getCaches();
    await caches.default.delete("https://api.globe.example/papers/news");
    for (const region of ["us-west", "eu-west"]) there.behave(region, works(502));
    const old = await seen(there, "/papers/news");
    assert.deepEqual([old.status, old.state, old.body], [200, "STALE", again.body]);
    assert.equal(old.headers.get("content-type"), "application/json");
    assert.equal(old.headers.get("x-region"), "eu-west");
  },

  "what is asked for once is not copied for all": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    for (let i = 0; i < 5; i += 1) await kept(there, `/papers/1?anything=${i}`);
    const store = await there.worker.getKVNamespace(there.platform.bindings.cache);
    assert.deepEqual((await store.list({ prefix: "copy:" })).keys, []);
  },

  "what a region makes for the page that asks is kept only where the edge answers for that": async ({ live }, tidy) => {
    const own = { regions: { "eu-west": works(200, { vary: "Origin", "access-control-allow-origin": "https://a.example" }) } };
    const there = tidy(await world(live, own));
    await seen(there, "/papers/1");
    await later(20);
    assert.equal((await seen(there, "/papers/1")).state, null);
    const change = (platform) => {
      platform.origins = ["https://app.globe.example"];
    };
    const answering = tidy(await world(live, { ...own, change }));
    await seen(answering, "/papers/1");
    assert.equal((await kept(answering, "/papers/1")).headers.get("access-control-allow-origin"), null);
  },

  "a compressed answer says the same from wherever it comes": async ({ live }, tidy) => {
    const said = JSON.stringify({ text: "é".repeat(500) });
    const packed = gzipSync(said);
    const headers = { "content-encoding": "gzip", "content-length": packed.length, vary: "Accept-Encoding" };
    const there = tidy(await world(live, { regions: { "eu-west": works(200, headers, packed) } }));
    assert.equal((await seen(there, "/notes")).body, said);
    assert.equal((await seen(there, "/papers/news")).body, said);
    await later(1100);
    assert.equal((await seen(there, "/papers/news")).body, said);
    await copied(there);
    assert.equal((await seen(there, "/papers/1")).body, said);
    assert.equal((await kept(there, "/papers/1")).body, said);
    const caches = await there.worker.getCaches();
    await caches.default.delete("https://api.globe.example/papers/news");
    for (const region of ["us-west", "eu-west", "ap-south"]) there.behave(region, works(503));
    const old = await seen(there, "/papers/news");
    assert.deepEqual([old.state, old.body], ["STALE", said]);
  },

  "requests with credentials or cookies pass by the cache": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    await seen(there, "/papers/1");
    await kept(there, "/papers/1");
    for (const headers of [{ authorization: "Bearer a" }, { cookie: "session=1" }, { cookie: "__Host-written=1" }]) {
      const before = there.asked.length;
      const found = await seen(there, "/papers/1", { headers });
      assert.deepEqual([found.state, found.headers.get("cache-control")], [null, "private, no-store"]);
      assert.equal(there.asked.length, before + 1);
    }
    assert.equal((await seen(there, "/papers/1", { headers: { cookie: "__Host-region=eu-west" } })).state, "HIT");
  },

  "what a region calls private, or makes for one client, is not kept": async ({ live }, tidy) => {
    const own = [{ "cache-control": "private" }, { "cache-control": "no-store" }, { "set-cookie": "a=1" }, { vary: "accept-language" }];
    for (const headers of own) {
      const there = tidy(await world(live, { regions: { "eu-west": works(200, headers) } }));
      for (let i = 0; i < 3; i += 1) {
        assert.equal((await seen(there, "/papers/1")).state, null);
        await later(20);
      }
      assert.equal(there.asked.length, 3);
    }
  },

  "errors and other methods are not kept": async ({ live }, tidy) => {
    const there = tidy(await world(live, { regions: { "eu-west": works(404) } }));
    for (let i = 0; i < 2; i += 1) assert.equal((await seen(there, "/papers/1")).status, 404);
    assert.equal(there.asked.length, 2);
    there.behave("eu-west", works());
    await (await there.ask("/papers/1", { method: "HEAD", cf: EU })).text();
    assert.equal((await seen(there, "/papers/1")).state, "MISS");
    assert.equal((await seen(there, "/notes/1")).state, null);
  },

  "a browser that has what is kept is told so": async ({ live }, tidy) => {
    const there = tidy(await world(live, { regions: { "eu-west": works(200, { etag: '"v1"' }) } }));
    const first = await seen(there, "/papers/1", { headers: { "if-none-match": '"v0"' } });
    assert.equal(first.status, 200);
    assert.equal(there.asked[0].headers["if-none-match"], undefined);
    await kept(there, "/papers/1");
    const again = await seen(there, "/papers/1", { headers: { "if-none-match": 'W/"v1", "v2"' } });
    assert.deepEqual([again.status, again.body], [304, ""]);
  },

  "without namespaces the edge keeps what it can": async ({ live }, tidy) => {
    const there = tidy(await world(live, { options: { kvNamespaces: [] } }));
    await seen(there, "/papers/1");
    await kept(there, "/papers/1");
    const worker = await there.worker.getWorker();
    await worker.scheduled();
    assert.equal((await seen(there, "/notes", { headers: { authorization: "Bearer a" } })).status, 200);
  },
};
