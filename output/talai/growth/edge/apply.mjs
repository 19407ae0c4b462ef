// Tells Cloudflare's API what the JSON files beside this say, and leaves alone what others have told it.
// Without dependencies; deploy.sh calls it.

import { readFile, readdir } from "node:fs/promises";

const API = process.env.CLOUDFLARE_API_BASE_URL ?? "https://api.cloudflare.com/client/v4";
const here = new URL("./", import.meta.url);

const read = async (path) => JSON.parse(await readFile(new URL(path, here), "utf8"));
const known = await read("zone.json");

async function call(method, path, body) {
  const response = await fetch(`${API}/${path}`, {
    method,
    headers: { authorization: `Bearer ${process.env.CLOUDFLARE_API_TOKEN}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.status === 404 && method === "GET") return null;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok || answer.success === false) {
    const said = (answer.errors ?? []).map(({ code, message }) => `${code} ${message}`).join("; ");
    throw new Error(`${method} ${path}: ${response.status} ${said}`);
  }
  return answer.result;
}

async function zoneId() {
  const found = await call("GET", `zones?name=${known.zone}&account.id=${known.account}`);
  if (!found?.length) throw new Error(`The account has no zone ${known.zone}, or the token may not see it.`);
  return found[0].id;
}

/** Replaces our rules of a phase, told by their `ref`; those of others, other environments among them, stay. */
async function rules(zone, { phase, rules: ours }) {
  const path = `zones/${zone}/rulesets/phases/${phase}/entrypoint`;
  const there = (await call("GET", path))?.rules ?? [];
  const others = there.filter(({ ref }) => !ref?.startsWith(`${known.name}-`));
  const kept = others.map(({ version, last_updated: _, ...rule }) => rule);
  await call("PUT", path, { rules: [...kept, ...ours] });
  console.log(`${phase}: ${ours.length} of ours, ${kept.length} of others`);
}

async function applyZone() {
  const zone = await zoneId();
  for (const [path, body] of Object.entries(await read("settings.json"))) {
    await call("PATCH", `zones/${zone}/${path}`, body);
    console.log(`${path}: ${body.value}`);
  }
  // The file of rate limits is not there when the spec has none: what was once told is taken back.
  const phases = new Map([
    ["http_request_firewall_managed", []],
    ["http_ratelimit", []],
  ]);
  for (const file of await readdir(new URL("rulesets/", here))) {
    const { phase, rules: found } = await read(`rulesets/${file}`);
    phases.set(phase, found);
  }
  for (const [phase, found] of phases) await rules(zone, { phase, rules: found });
}

/** Makes an object, or changes the one that has the same value of a key; returns its ID. */
async function upsert(path, key, body) {
  const found = (await call("GET", `${path}?per_page=1000`))?.find((other) => other[key] === body[key]);
  const made = found ? await call("PUT", `${path}/${found.id}`, body) : await call("POST", path, body);
  console.log(`${path}: ${body[key]} ${found ? "changed" : "made"}`);
  return made.id;
}

async function applyLoadBalancing() {
  const zone = await zoneId();
  const account = `accounts/${known.account}/load_balancers`;
  const monitor = await upsert(`${account}/monitors`, "description", await read("load-balancing/monitor.json"));
  const ids = {};
  for (const pool of await read("load-balancing/pools.json")) {
    ids[pool.name] = await upsert(`${account}/pools`, "name", { ...pool, monitor });
  }
  const idsOf = ([area, names]) => [area, names.map((name) => ids[name])];
  const byId = (pools) => Object.fromEntries(Object.entries(pools).map(idsOf));
  for (const balancer of await read("load-balancing/load-balancers.json")) {
    await upsert(`zones/${zone}/load_balancers`, "name", {
      ...balancer,
      default_pools: balancer.default_pools.map((name) => ids[name]),
      fallback_pool: ids[balancer.fallback_pool],
      region_pools: byId(balancer.region_pools),
      ...(balancer.country_pools ? { country_pools: byId(balancer.country_pools) } : {}),
    });
  }
}

const commands = { zone: applyZone, "load-balancing": applyLoadBalancing };
try {
  await commands[process.argv[2]]();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
