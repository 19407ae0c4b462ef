// What is no request of this platform, and is refused before it costs a region anything.

import module from "./validate.wasm";
import platform from "./platform.js";

const LONGEST_URL = 8192;
// Encoded slashes, dots and control characters: what two servers read differently.
const AMBIGUOUS = /%(2e|2f|5c|[01][0-9a-f]|7f)|\\|\/\/|[\0-\x1f\x7f]/i;
const MALFORMED = ["", "The body is no JSON.", "The body is nested too deep.", "The body is not UTF-8."];
const PAGE = 65536;

const { check, input, memory } = new WebAssembly.Instance(module).exports;

/** A request that is answered with an error of the client's making, or for want of a region. */
export class Refusal extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** Says whether a path is another, or lies below it. */
export function below(path, above) {
  return path === above || path.startsWith(above.endsWith("/") ? above : `${above}/`);
}

export function checkMethod(request) {
  if (platform.methods.includes(request.method)) return;
  throw new Refusal(405, "This method is not allowed.", { allow: platform.methods.join(", ") });
}

export function checkUrl(address) {
  if (address.length > LONGEST_URL) throw new Refusal(414, "The address is too long.");
  if (AMBIGUOUS.test(new URL(address).pathname)) throw new Refusal(400, "The path is ambiguous.");
}

/** Returns the exposed path that an address belongs to, the longest of several. */
export function allowedPath(pathname) {
  const found = platform.paths.filter(({ path, exact }) => (exact ? pathname === path : below(pathname, path)));
  if (!found.length) throw new Refusal(404, "There is nothing at this path.");
  return found.reduce((best, next) => (next.path.length > best.path.length ? next : best));
}

/** Returns the body of a request, or null; throws a Refusal for one that is too large, of another type, or no JSON. */
export async function readBody(request) {
  if (Number(request.headers.get("content-length") ?? 0) > platform.limits.body) throw tooLarge();
  const bytes = request.body ? await gather(request.body.getReader()) : new Uint8Array();
  if (!bytes.length) return null;
  const type = (request.headers.get("content-type") ?? "").split(";")[0].trim().toLowerCase();
  const coding = request.headers.get("content-encoding") ?? "identity";
  if (!platform.limits.types.includes(type)) throw unsupported(`Bodies of type ${type || "unknown"} are not taken.`);
  if (coding !== "identity") throw unsupported("Compressed bodies are not taken.");
  if (type === "application/json" || type.endsWith("+json")) {
    const verdict = judge(bytes);
    if (verdict) throw new Refusal(400, MALFORMED[verdict]);
  }
  return bytes;
}

async function gather(reader) {
  const parts = [];
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > platform.limits.body) {
      await reader.cancel();
      throw tooLarge();
    }
    parts.push(part.value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Returns 0 for JSON (RFC 8259), else the index of what is wrong in MALFORMED. */
export function judge(bytes, depth = platform.limits.depth) {
  const missing = input.value + bytes.length - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  new Uint8Array(memory.buffer, input.value, bytes.length).set(bytes);
  return check(bytes.length, depth);
}

function tooLarge() {
  return new Refusal(413, `The body is larger than ${platform.limits.body} bytes.`);
}

function unsupported(message) {
  return new Refusal(415, message, { accept: platform.limits.types.join(", ") });
}
