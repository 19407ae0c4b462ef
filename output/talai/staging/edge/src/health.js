// What is known of the regions' health: what this isolate met itself, and what the schedule found, which all share.

import platform from "./platform.js";

const KEY = "health";
// How long an isolate believes what it read; KV itself is up to a minute behind.
const READ_EVERY = 10_000;
const PAUSE = 1_000;
// How long a gateway gets to say that it is there.
const PATIENCE = 5_000;

const failures = new Map(); // region → failures in a row, and until when it is left out for them
let read = { at: 0, regions: {} };

/** Returns the names of the regions that are left out as long as another is there. */
export async function unhealthyRegions(env, context, now = Date.now()) {
  const first = read.at === 0;
  if (now - read.at > READ_EVERY) {
    read = { ...read, at: now };
    const reading = stored(env).then((regions) => {
      read = { at: now, regions };
    });
    if (first) await reading;
    else context.waitUntil(reading);
  }
  const met = [...failures].filter(([, { until }]) => until > now).map(([name]) => name);
  return new Set([...Object.keys(read.regions), ...met]);
}

/** Counts a failure; after so many in a row the region is left out until the schedule had time to look. */
export function regionFailed(name, now = Date.now()) {
  const count = (failures.get(name)?.count ?? 0) + 1;
  const until = count >= platform.failover.unhealthy ? now + platform.failover.probe : 0;
  failures.set(name, { count, until });
}

export function regionWorks(name) {
  failures.delete(name);
}

/** Asks each region for its health, and tells all isolates when something has changed. */
export async function probe(env) {
  const before = await stored(env);
  const answers = await Promise.all(platform.regions.map(answersWell));
  const after = {};
  for (const [index, { name }] of platform.regions.entries()) {
    if (!answers[index]) after[name] = before[name] ?? new Date().toISOString();
    if (!answers[index] !== name in before) {
      console.warn(JSON.stringify({ event: answers[index] ? "region healthy" : "region unhealthy", region: name }));
    }
  }
  if (JSON.stringify(after) !== JSON.stringify(before)) {
    await env[platform.bindings.cache]?.put(KEY, JSON.stringify(after));
  }
}

async function answersWell(region) {
  for (let left = platform.failover.unhealthy; left > 0; left -= 1) {
    try {
      const response = await fetch(`${region.origin}${platform.health}`, {
        signal: AbortSignal.timeout(PATIENCE),
        headers: { "user-agent": "edge-probe" },
        redirect: "manual",
        cf: { cacheTtlByStatus: { "100-599": -1 } },
      });
      await response.body?.cancel();
      if (response.ok) return true;
    } catch (error) {
      console.warn(JSON.stringify({ event: "probe failed", region: region.name, error: String(error) }));
    }
    if (left > 1) await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  return false;
}

/** Returns region → since when it is unhealthy; nothing where nothing is known. */
async function stored(env) {
  try {
    const found = (await env[platform.bindings.cache]?.get(KEY, "json")) ?? {};
    const known = platform.regions.filter(({ name }) => name in found);
    return Object.fromEntries(known.map(({ name }) => [name, found[name]]));
  } catch (error) {
    console.warn(JSON.stringify({ event: "health unread", error: String(error) }));
    return {};
  }
}
