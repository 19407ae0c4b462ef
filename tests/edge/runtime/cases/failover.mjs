import assert from "node:assert/strict";

import { REFUSES, breaks, cookie, hangs, works, world } from "../world.mjs";

const EU = { continent: "EU", country: "FR" };

// What a request takes where nobody answers it.
const quick = (platform) => {
  for (const path of platform.paths) path.timeout = 700;
};
const later = (status, milliseconds) => (_request, response) => {
  setTimeout(() => response.writeHead(status, { "content-type": "application/json" }).end("{}"), milliseconds);
};

export const cases = {
  "a read is answered elsewhere when its region answers 503, hangs, breaks off or refuses": async ({ live }, tidy) => {
    for (const behaviour of [works(502), works(503), works(504), works(522), hangs, breaks, REFUSES]) {
      const there = tidy(await world(live, { regions: { "eu-west": behaviour }, change: quick }));
      const response = await there.ask("/notes", { cf: EU });
      assert.equal(response.status, 200);
      const region = response.headers.get("x-region");
      assert.notEqual(region, "eu-west");
      assert.equal(cookie(response, "__Host-region"), region);
      if (behaviour !== REFUSES) assert.deepEqual(there.regionsAsked(), ["eu-west", region]);
    }
  },

  "an error that is the service's own is the answer": async ({ live }, tidy) => {
    for (const status of [400, 404, 429, 500, 501]) {
      const there = tidy(await world(live, { regions: { "eu-west": works(status) } }));
      const response = await there.ask("/notes", { cf: EU });
      assert.equal(response.status, status);
      assert.deepEqual(there.regionsAsked(), ["eu-west"]);
    }
  },

  "a write is sent once whatever happens to it": async ({ live }, tidy) => {
    const headers = { "content-type": "application/json" };
    for (const [behaviour, status] of [[works(503), 503], [breaks, 502], [REFUSES, 502]]) {
      const there = tidy(await world(live, { regions: { "us-west": behaviour } }));
      const response = await there.ask("/notes", { method: "POST", body: "{}", headers, cf: EU });
      assert.equal(response.status, status);
      assert.deepEqual(there.regionsAsked(), behaviour === REFUSES ? [] : ["us-west"]);
    }
  },

  "a write that is never answered ends when its gateway would have given up": async ({ live }, tidy) => {
    const there = tidy(await world(live, { regions: { "us-west": hangs }, change: quick }));
    const response = await there.ask("/notes", { method: "DELETE", cf: EU });
    assert.equal(response.status, 504);
    assert.deepEqual(there.regionsAsked(), ["us-west"]);
    assert.match((await response.json()).title, /effect is not known/);
  },

  "a slow read has as long as its gateway, and is asked of one region only": async ({ live }, tidy) => {
    const there = tidy(await world(live, { regions: { "eu-west": later(200, 2500) } }));
    const response = await there.ask("/notes", { cf: EU });
    assert.deepEqual([response.status, response.headers.get("x-region")], [200, "eu-west"]);
    assert.deepEqual(there.regionsAsked(), ["eu-west"]);
  },

  "where the spec sets a time the next region is asked after it, and the last one has as long as its gateway": async ({ live }, tidy) => {
    const change = (platform) => {
      platform.failover.timeout = 300;
      platform.failover.attempts = 2;
    };
    const regions = { "us-west": later(200, 1000), "eu-west": later(200, 2000), "ap-south": later(200, 1000) };
    const there = tidy(await world(live, { regions, change }));
    const response = await there.ask("/notes", { cf: EU });
    assert.equal(response.status, 200);
    assert.deepEqual(there.regionsAsked(), ["eu-west", response.headers.get("x-region")]);
  },

  "requests that take too long are no failures of a region": async ({ live }, tidy) => {
    for (const behaviour of [hangs, works(504), works(524)]) {
      const there = tidy(await world(live, { regions: { "eu-west": behaviour }, change: quick }));
      for (let i = 0; i < 3; i += 1) await (await there.ask("/notes", { cf: EU })).text();
      assert.equal(there.regionsAsked().filter((region) => region === "eu-west").length, 3);
    }
  },

  "without any region a read is refused with a word on when to come again": async ({ live }, tidy) => {
    const regions = { "us-west": REFUSES, "eu-west": REFUSES, "ap-south": REFUSES };
    const there = tidy(await world(live, { regions }));
    const response = await there.ask("/notes", { cf: EU });
    assert.equal(response.status, 502);
    assert.equal(response.headers.get("retry-after"), "5");
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.deepEqual(Object.keys(await response.json()), ["type", "status", "title", "request"]);
  },

  "the answer of the last region stands when all of them fail": async ({ live }, tidy) => {
    const regions = { "us-west": works(503), "eu-west": works(503), "ap-south": works(503, { "retry-after": "7" }) };
    const there = tidy(await world(live, { regions }));
    const response = await there.ask("/notes", { cf: EU });
    assert.equal(response.status, 503);
    assert.equal(new Set(there.regionsAsked()).size, 3);
  },

  "a request tries as many regions as the spec says": async ({ live }, tidy) => {
    const change = (platform) => {
      platform.failover.attempts = 2;
    };
    const regions = { "us-west": works(503), "eu-west": works(503), "ap-south": works(503) };
    const there = tidy(await world(live, { regions, change }));
    await (await there.ask("/notes", { cf: EU })).text();
    assert.equal(there.asked.length, 2);
  },

  "a region that keeps failing is left out without being asked": async ({ live }, tidy) => {
    const there = tidy(await world(live, { regions: { "eu-west": works(503) } }));
    for (let i = 0; i < 4; i += 1) await (await there.ask("/notes", { cf: EU })).text();
    assert.equal(there.regionsAsked().filter((region) => region === "eu-west").length, 2);
  },

  "the schedule finds a region unhealthy and later healthy again": async ({ live }, tidy) => {
    const sick = (request, response, arrived) =>
      works(request.url === "/health/region" ? 503 : 200)(request, response, arrived);
    const there = tidy(await world(live, { regions: { "eu-west": sick } }));
    const store = await there.worker.getKVNamespace(there.platform.bindings.cache);
    const worker = await there.worker.getWorker();
    await worker.scheduled();
    assert.deepEqual(Object.keys(JSON.parse(await store.get("health"))), ["eu-west"]);
    const probes = there.asked.filter(({ url }) => url === "/health/region");
    assert.deepEqual(probes.map(({ region }) => region).sort(), ["ap-south", "eu-west", "eu-west", "us-west"]);
    const away = await there.ask("/notes", { cf: EU });
    assert.notEqual(away.headers.get("x-region"), "eu-west");
    there.behave("eu-west", works());
    await worker.scheduled();
    assert.deepEqual(JSON.parse(await store.get("health")), {});
  },

  "what another isolate found unhealthy is left out, and asked when nobody else answers": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const store = await there.worker.getKVNamespace(there.platform.bindings.cache);
    await store.put("health", JSON.stringify({ "eu-west": "2026-01-01T00:00:00Z", gone: "2026-01-01T00:00:00Z" }));
    const away = await there.ask("/notes", { cf: EU });
    assert.notEqual(away.headers.get("x-region"), "eu-west");
    there.behave("us-west", works(503));
    there.behave("ap-south", works(503));
    const back = await there.ask("/notes", { cf: EU });
    assert.equal(back.headers.get("x-region"), "eu-west");
  },

  "a region that is found unhealthy gets writes all the same, since no other takes them": async ({ live }, tidy) => {
    const there = tidy(await world(live));
    const store = await there.worker.getKVNamespace(there.platform.bindings.cache);
    await store.put("health", JSON.stringify({ "us-west": "2026-01-01T00:00:00Z" }));
    const response = await there.ask("/notes/1", { method: "DELETE", cf: EU });
    assert.deepEqual([response.status, response.headers.get("x-region")], [200, "us-west"]);
  },
};
