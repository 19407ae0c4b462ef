// What is kept of answers that everybody may see: in the data centre (Cache API), and a copy for the worst case (KV).
// Between the data centre and the regions Cloudflare's tiered cache keeps them too: see relay.js.

import platform from "./platform.js";
import { anonymous } from "./sessions.js";
import { below } from "./validate.js";

const STORED = "x-edge-stored";
// What differs by these alone is the same to everybody: Cloudflare compresses, and the edge may answer for CORS.
const VARY = new Set(["", "accept-encoding", ...(platform.origins.length ? ["origin"] : [])]);
// What a copy keeps of the headers: its metadata hold a kilobyte.
const COPIED = new Set(["content-type", "content-language", "etag", "x-region", STORED]);
// KV takes more; what is larger is not worth a copy.
const COPY_LIMIT = 1024 * 1024;
const SHORTEST = 60;

/** Returns how an answer is kept: the rule of the longest path; null where it is none that everybody may see. */
export function policyFor(request, url) {
  const special = ["range", "upgrade"].some((name) => request.headers.has(name));
  if (request.method !== "GET" || special || !anonymous(request)) return null;
  const rules = platform.cache.filter(({ path }) => below(url.pathname, path));
  return rules.reduce((best, rule) => (best && best.path.length >= rule.path.length ? best : rule), null);
}

/** Returns what this data centre keeps, and its age in seconds; null for nothing, or what is too old. */
export async function find(url, policy) {
  const response = await caches.default.match(keyOf(url));
  return response ? aged(response, policy) : null;
}

/** Returns the copy that all data centres share, as `find` does. */
export async function findCopy(url, policy, env) {
  if (!policy.stale) return null;
  try {
    const copies = env[platform.bindings.cache];
    const { value, metadata } = (await copies?.getWithMetadata(await copyKey(url), "arrayBuffer")) ?? {};
    return value && metadata ? aged(new Response(value, { headers: metadata.headers }), policy) : null;
  } catch (error) {
    console.warn(JSON.stringify({ event: "copy unread", error: String(error) }));
    return null;
  }
}

/**
 * Returns the response for the client while it is being kept; null where it may not be. known: whether the data centre
 * kept an older one. Only then is it worth a copy for all: who asks for ever new addresses fills no namespace.
 */
export function keep(url, policy, response, { known, env, context }) {
  if (!storable(response)) return null;
  const [now, later] = response.body ? response.body.tee() : [null, null];
  const headers = new Headers(response.headers);
  headers.set(STORED, String(Date.now()));
  context.waitUntil(store(url, policy, new Response(later, { headers }), known ? env[platform.bindings.cache] : null));
  return new Response(now, { headers });
}

async function store(url, policy, response, copies) {
  const headers = new Headers(response.headers);
  headers.set("cache-control", `public, max-age=${policy.edge + policy.stale}`);
  // Kept as it reads: Cloudflare compresses for whoever asks.
  for (const name of ["vary", "content-encoding", "content-length"]) headers.delete(name);
  const body = await response.arrayBuffer();
  await caches.default.put(keyOf(url), new Response(body, { headers }));
  // Of all the data centres that ask, only the one whose request reached a region writes the copy.
  const asked = headers.get("cf-cache-status") !== "HIT";
  if (copies && policy.stale && asked && body.byteLength <= COPY_LIMIT) {
    const metadata = { headers: Object.fromEntries([...headers].filter(([name]) => COPIED.has(name))) };
    const ttl = Math.max(SHORTEST, policy.edge + policy.stale);
    await copies.put(await copyKey(url), body, { expirationTtl: ttl, metadata });
  }
}

function storable(response) {
  const control = response.headers.get("cache-control") ?? "";
  const vary = (response.headers.get("vary") ?? "").split(",").map((name) => name.trim().toLowerCase());
  return (
    response.status === 200 &&
    !response.headers.has("set-cookie") &&
    !/\b(no-store|private)\b/i.test(control) &&
    vary.every((name) => VARY.has(name))
  );
}

function aged(response, policy) {
  const age = (Date.now() - Number(response.headers.get(STORED))) / 1000;
  return age < policy.edge + policy.stale ? { response, age } : null;
}

/** Returns 304 where the client has what it would get. */
export function unchanged(request, response) {
  const tag = response.headers.get("etag");
  const wanted = (request.headers.get("if-none-match") ?? "").split(",").map((part) => part.trim().replace(/^W\//, ""));
  if (!tag || !wanted.includes(tag.replace(/^W\//, ""))) return response;
  return new Response(null, { status: 304, headers: response.headers });
}

function keyOf(url) {
  return new Request(`https://${url.hostname}${url.pathname}${url.search}`);
}

/** Returns a key that is short enough for KV, whatever the address. */
async function copyKey(url) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(keyOf(url).url));
  return `copy:${[...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
