// Where a client was answered last. A hint and no more: whoever changes it chooses among regions that all may answer.
// So nothing has to be signed, and a namespace that is a minute behind does no harm.

import platform from "./platform.js";

const REGION = "__Host-region";
const WRITTEN = "__Host-written";
// KV keeps nothing for less than a minute.
const SHORTEST = 60;

/** Returns the digest of the credentials that a client without cookies signs in with, "" for all others. */
export async function bearer(request) {
  const credential = request.headers.get("authorization");
  if (!credential || request.headers.has("cookie")) return "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(credential));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Returns the region that answered the client last, and whether the client has just written. */
export async function hintOf(request, env, credential) {
  const cookies = cookiesOf(request);
  if (cookies.size || !credential) return { region: cookies.get(REGION) ?? "", written: cookies.has(WRITTEN) };
  try {
    return { region: (await env[platform.bindings.sessions]?.get(credential)) ?? "", written: false };
  } catch (error) {
    console.warn(JSON.stringify({ event: "session unread", error: String(error) }));
    return { region: "", written: false };
  }
}

/** Returns the response, with what the client has to bring next time where that has changed. */
export function remember(response, { region, hint, credential, safe, env, context }) {
  const wrote = !safe && response.status < 500 && platform.writes !== "";
  // A write tells where writes go, not where the client's reads belong.
  const moved = !wrote && !hint.written && region !== hint.region;
  if (moved && credential) {
    const ttl = Math.max(SHORTEST, platform.sessions.affinity);
    const sessions = env[platform.bindings.sessions];
    context.waitUntil(Promise.resolve(sessions?.put(credential, region, { expirationTtl: ttl })));
  } else if (moved) response.headers.append("set-cookie", cookie(REGION, region, platform.sessions.affinity));
  if (wrote) response.headers.append("set-cookie", cookie(WRITTEN, "1", platform.sessions.settle));
  return response;
}

/** Says whether a request brings no cookie but ours: whether what it gets is what everybody gets. */
export function anonymous(request) {
  const names = [...cookiesOf(request).keys()];
  return !request.headers.has("authorization") && names.every((name) => name === REGION);
}

function cookie(name, value, seconds) {
  return `${name}=${value}; Path=/; Max-Age=${seconds}; Secure; HttpOnly; SameSite=Lax`;
}

function cookiesOf(request) {
  const pairs = (request.headers.get("cookie") ?? "").split(";").map((pair) => pair.trim());
  return new Map(pairs.filter(Boolean).map((pair) => [pair.split("=", 1)[0], pair.slice(pair.indexOf("=") + 1)]));
}
