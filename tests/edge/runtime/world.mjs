// A rendered Worker in workerd, and its regions as servers of this machine that do what a case tells them.

import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

// Packages lie where they were installed (EDGE_RUNTIME), not beside this file.
export const needs = createRequire(path.join(process.env.EDGE_RUNTIME, "package.json"));
export const { Log, LogLevel, Miniflare, Response } = needs("miniflare");

export const HOST = "https://api.globe.example";

/** Answers as a region does: what asked is in the body, so that a case sees what arrived. */
export const works = (status = 200, headers = {}, body = undefined) => (_request, response, arrived) => {
  response.writeHead(status, { "content-type": "application/json", server: "istio-envoy", ...headers });
  response.end(body ?? JSON.stringify(arrived));
};
export const hangs = () => {};
export const breaks = (request) => request.socket.destroy();
export const REFUSES = Symbol("a port where nobody listens");

/**
 * Starts a Worker from its rendered folder.
 *
 * regions: name → behaviour (`works()` unless given); change: what is to be different about platform.js.
 */
export async function world(folder, { regions = {}, change = () => {}, options = {} } = {}) {
  const platform = structuredClone((await import(pathToFileURL(path.join(folder, "src/platform.js")))).default);
  const asked = [];
  const behaviours = new Map(platform.regions.map(({ name }) => [name, regions[name] ?? works()]));
  const servers = [];
  for (const region of platform.regions) {
    const server = await serve(region.name, behaviours, asked);
    region.origin = `http://127.0.0.1:${server.address().port}`;
    if (behaviours.get(region.name) === REFUSES) server.close();
    else servers.push(server);
  }
  change(platform);
  const modules = await modulesOf(folder, platform);
  const worker = new Miniflare({
    modules,
    compatibilityDate: "2026-07-01",
    compatibilityFlags: ["global_fetch_private_origin"],
    kvNamespaces: [platform.bindings.cache, platform.bindings.sessions],
    log: new Log(LogLevel.NONE),
    handleRuntimeStdio: (stdout, stderr) => [stdout, stderr].forEach((stream) => stream.resume()),
    ...options,
  });
  await worker.ready;
  return {
    platform,
    asked,
    worker,
    behave: (name, behaviour) => behaviours.set(name, behaviour),
    regionsAsked: () => asked.map(({ region }) => region),
    ask: (address, { cf = {}, ip = "203.0.113.1", ...init } = {}) =>
      worker.dispatchFetch(address.startsWith("http") ? address : `${HOST}${address}`, {
        redirect: "manual",
        ...init,
        headers: { "cf-connecting-ip": ip, ...init.headers },
        cf,
      }),
    async close() {
      await worker.dispose();
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

function serve(region, behaviours, asked) {
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const arrived = {
      region,
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: Buffer.concat(parts).toString("utf8"),
    };
    asked.push(arrived);
    behaviours.get(region)(request, response, arrived);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** Returns the modules of a Worker, with its platform.js as given. */
export async function modulesOf(folder, platform) {
  const source = path.join(folder, "src");
  const files = (await readdir(source)).filter((name) => /\.(js|wasm)$/.test(name));
  const ordered = ["worker.js", ...files.filter((name) => name !== "worker.js")];
  return Promise.all(
    ordered.map(async (name) => {
      const content = await readFile(path.join(source, name));
      if (name.endsWith(".wasm")) return { type: "CompiledWasm", path: name, contents: new Uint8Array(content) };
      const text = name === "platform.js" && platform ? `export default ${JSON.stringify(platform)};` : content.toString("utf8");
      return { type: "ESModule", path: name, contents: text };
    }),
  );
}

/** Returns the value of a cookie that a response sets, undefined where it sets none of that name. */
export function cookie(response, name) {
  const found = response.headers.getSetCookie().find((line) => line.startsWith(`${name}=`));
  return found?.slice(name.length + 1).split(";")[0];
}
