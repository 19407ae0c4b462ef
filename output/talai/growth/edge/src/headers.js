// What every answer says beside what the region said, and what it does not say.

import platform from "./platform.js";

const HIDDEN = /^(server|x-powered-by|via|x-edge-.*|x-envoy-.*|x-aspnet.*)$/;
const EXPOSED = "x-request-id, x-region, x-cache, retry-after";

/** Returns the response as a client gets it. */
export function finish(request, response, id) {
  const headers = new Headers([...response.headers].filter(([name]) => !HIDDEN.test(name) && name !== "set-cookie"));
  for (const value of response.headers.getSetCookie()) headers.append("set-cookie", value);
  for (const [name, value] of Object.entries(platform.headers)) headers.set(name, value);
  headers.set("x-request-id", id);
  if (!headers.has("cache-control")) headers.set("cache-control", "private, no-store");
  if (platform.origins.length) {
    for (const name of [...headers.keys()].filter((found) => found.startsWith("access-control-"))) headers.delete(name);
    for (const [name, value] of Object.entries(allowed(request))) headers.set(name, value);
    headers.append("vary", "Origin");
  }
  return new Response(response.body, { status: response.status, headers });
}

/** Says whether a script of another web page asks, and it is the edge that answers for that. */
export function crossOrigin(request) {
  return platform.origins.length > 0 && request.headers.has("origin");
}

/** Returns the answer to what a browser asks before it sends such a request; null for the request itself. */
export function preflight(request) {
  if (request.method !== "OPTIONS" || !request.headers.has("access-control-request-method")) return null;
  // finish() says who is allowed; to all others this says nothing, and their browser stops.
  return new Response(null, { status: 204, headers: { "cache-control": "no-store" } });
}

function allowed(request) {
  const origin = request.headers.get("origin") ?? "";
  if (!platform.origins.includes(origin)) return {};
  const always = { "access-control-allow-origin": origin, "access-control-allow-credentials": "true" };
  if (request.method !== "OPTIONS") return { ...always, "access-control-expose-headers": EXPOSED };
  const asked = request.headers.get("access-control-request-headers");
  return {
    ...always,
    "access-control-allow-methods": platform.methods.join(", "),
    ...(asked ? { "access-control-allow-headers": asked } : {}),
    "access-control-max-age": "600",
  };
}

/** Returns a refusal as RFC 9457 writes it. */
export function problem(refusal, id) {
  const { status, message, headers } = refusal;
  const body = JSON.stringify({ type: "about:blank", status, title: message, request: id });
  return new Response(`${body}\n`, { status, headers: { ...headers, "content-type": "application/problem+json" } });
}
