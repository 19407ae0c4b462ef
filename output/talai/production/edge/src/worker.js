// The edge: refuses what is no request of this platform, answers from what it keeps, and else asks a region.
// What is true of the platform stands in platform.js, and nowhere here.

import platform from "./platform.js";
import { find, findCopy, keep, policyFor, unchanged } from "./cache.js";
import { crossOrigin, finish, preflight, problem } from "./headers.js";
import { probe, unhealthyRegions } from "./health.js";
import { relay } from "./relay.js";
import { candidates } from "./route.js";
import { bearer, hintOf, remember } from "./sessions.js";
import { Refusal, allowedPath, checkMethod, checkUrl, readBody } from "./validate.js";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const REQUEST_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export default {
  async fetch(request, env, context) {
    const given = request.headers.get("x-request-id") ?? "";
    const id = REQUEST_ID.test(given) ? given : crypto.randomUUID();
    try {
      const response = await answer(request, env, context, id);
      // A WebSocket belongs to client and region: there is nothing of it to change.
      return response.webSocket ? response : finish(request, response, id);
    } catch (error) {
      if (error instanceof Refusal) return finish(request, problem(error, id), id);
      console.error(JSON.stringify({ event: "failure", request: id, error: String(error), stack: error?.stack }));
      return finish(request, problem(new Refusal(500, "The edge failed."), id), id);
    }
  },

  async scheduled(_event, env) {
    await probe(env);
  },
};

async function answer(request, env, context, id) {
  const url = new URL(request.url);
  if (url.protocol === "http:") {
    url.protocol = "https:";
    return new Response(null, { status: 308, headers: { location: url.href } });
  }
  if (!platform.hosts.includes(url.hostname)) throw new Refusal(421, "This host is not served here.");
  checkMethod(request);
  checkUrl(request.url);
  const path = allowedPath(url.pathname);
  const early = crossOrigin(request) && preflight(request);
  if (early) return early;
  await withinRate(request, env);

  const safe = SAFE.has(request.method);
  const body = safe ? null : await readBody(request);
  const policy = policyFor(request, url);
  const ask = () => askRegions(request, url, { env, context, id, safe, body, path, policy });
  return policy ? cached(request, url, policy, env, context, ask) : ask();
}

/** Refuses a client that asks too often: counted by address, in each data centre by itself. */
async function withinRate(request, env) {
  const limiter = env[platform.bindings.clients];
  if (!limiter) return;
  const { success } = await limiter.limit({ key: request.headers.get("cf-connecting-ip") ?? "unknown" });
  if (!success) throw new Refusal(429, "Too many requests.", { "retry-after": "60" });
}

async function askRegions(request, url, asked) {
  const { env, context, safe } = asked;
  const credential = await bearer(request);
  const hint = await hintOf(request, env, credential);
  const regions = candidates({
    country: request.cf?.country,
    continent: request.cf?.continent,
    region: hint.region,
    written: hint.written,
    key: credential || request.headers.get("cf-connecting-ip") || "",
    safe,
    unhealthy: await unhealthyRegions(env, context),
  });
  const { response, region } = await relay(request, url, regions, asked);
  if (response.webSocket) return response;
  const answered = named(response, region, url);
  // An answer that is kept for everybody carries no cookie.
  return asked.policy ? answered : remember(answered, { region: region.name, hint, credential, safe, env, context });
}

/** Returns a response that names its region, and sends nobody past the edge. */
function named(response, region, url) {
  const headers = new Headers(response.headers);
  headers.set("x-region", region.name);
  const location = headers.get("location") ?? "";
  if (location.startsWith(`${region.origin}/`)) headers.set("location", location.replace(region.origin, url.origin));
  return new Response(response.body, { status: response.status, headers });
}

/** Answers from what this data centre keeps while it is fresh, else from a region, and from old copies if none can. */
async function cached(request, url, policy, env, context, ask) {
  const kept = await find(url, policy);
  if (kept && kept.age < policy.edge) return unchanged(request, marked(kept.response, policy, "HIT"));
  let response;
  let refusal;
  try {
    response = await ask();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refusal = error;
  }
  if (response && response.status < 500) {
    const stored = keep(url, policy, response, { known: Boolean(kept), env, context });
    return stored ? unchanged(request, marked(stored, policy, "MISS")) : response;
  }
  const old = kept ?? (await findCopy(url, policy, env));
  if (old) return unchanged(request, marked(old.response, policy, "STALE"));
  if (refusal) throw refusal;
  return response;
}

function marked(response, policy, state) {
  const headers = new Headers(response.headers);
  headers.set("x-cache", state);
  // What is stale now may be fresh in a moment: browsers don't keep it.
  const kept = policy.browser > 0 && state !== "STALE";
  headers.set("cache-control", kept ? `public, max-age=${policy.browser}` : "no-cache");
  return new Response(response.body, { status: response.status, headers });
}
