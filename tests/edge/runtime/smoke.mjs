// Starts a rendered Worker as it is, asks it from three continents, and prints which address each was sent to.
//
//   node smoke.mjs <edge folder> <address>

import { Miniflare, Response, modulesOf } from "./world.mjs";

const [folder, address] = process.argv.slice(2);
let asked = "";
const worker = new Miniflare({
  modules: await modulesOf(folder),
  compatibilityDate: "2026-07-01",
  outboundService: (request) => {
    asked = request.url;
    return new Response("{}");
  },
});
const found = {};
for (const continent of ["NA", "EU", "AS"]) {
  const response = await worker.dispatchFetch(address, { cf: { continent } });
  if (response.status !== 200) throw new Error(`${continent}: ${response.status} ${await response.text()}`);
  await response.text();
  found[continent] = asked;
}
await worker.dispose();
process.stdout.write(JSON.stringify(found));
