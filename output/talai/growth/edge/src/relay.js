// Sends a request to one region after the other, until one answers.

import { regionFailed, regionWorks } from "./health.js";
import { Refusal } from "./validate.js";
import platform from "./platform.js";

// What a gateway without a working service says, and what Cloudflare says of an origin that it cannot reach.
const FAILING = new Set([502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530]);
// Of these, what says that one request took too long: the region may be well, and the probes know.
const SLOW = new Set(["timeout", 504, 524]);
// Headers by which the mesh knows what a proxy in front of it has checked: no client may send them.
const OURS = /^(x-envoy-|x-forwarded-(client-cert|host|proto|port)$|x-real-ip$|forwarded$)/;

/** Returns the response and the region that gave it; throws a Refusal where none did. */
export async function relay(request, url, regions, asked) {
  let failure;
  for (const [index, region] of regions.entries()) {
    const more = index + 1 < regions.length;
    const limit = more && platform.failover.timeout ? platform.failover.timeout : asked.path.timeout;
    const { response, error } = await attempt(request, url, region, limit, asked);
    if (response && !FAILING.has(response.status)) {
      regionWorks(region.name);
      return { response, region };
    }
    const reason = error ?? response.status;
    if (!SLOW.has(reason)) regionFailed(region.name);
    const met = { event: "region failed", request: asked.id, region: region.name, error: reason };
    console.warn(JSON.stringify(met));
    if (response && !more) return { response, region };
    await response?.body?.cancel();
    failure = error ?? failure;
  }
  throw refusal(failure, asked.safe);
}

function refusal(failure, safe) {
  const status = failure === "timeout" ? 504 : 502;
  if (safe) return new Refusal(status, "No region answers.", { "retry-after": "5" });
  return new Refusal(status, "The region did not answer. Whether the request had an effect is not known.");
}

async function attempt(request, url, region, limit, asked) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), limit);
  try {
    const target = `${region.origin}${url.pathname}${url.search}`;
    return { response: await fetch(target, { ...options(request, url, asked), signal: control.signal }) };
  } catch (error) {
    return { error: control.signal.aborted ? "timeout" : `unreachable: ${error.message}` };
  } finally {
    clearTimeout(timer);
  }
}

function options(request, url, { id, body, policy }) {
  const headers = new Headers([...request.headers].filter(([name]) => !OURS.test(name)));
  headers.set("x-request-id", id);
  headers.set("x-forwarded-host", url.hostname);
  headers.set("x-forwarded-proto", "https");
  // What is kept is kept whole.
  if (policy) for (const name of ["if-none-match", "if-modified-since", "range"]) headers.delete(name);
  return { method: request.method, headers, body, redirect: "manual", cf: tiers(policy) };
}

/**
 * Returns what Cloudflare's own cache does, the tier between data centres and regions (tiered caching works with fetch,
 * not with the Cache API): it keeps what the policy says, and otherwise nothing, files by their ending included.
 */
function tiers(policy) {
  if (!policy) return { cacheTtlByStatus: { "100-599": -1 } };
  return { cacheEverything: true, cacheTtlByStatus: { "200-299": policy.edge, "300-599": -1 } };
}
