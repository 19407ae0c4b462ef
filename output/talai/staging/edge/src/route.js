// Which regions a request may try, the best first.

import platform from "./platform.js";

/**
 * Returns the regions in the order in which they are tried.
 *
 * What is no safe request goes to one region only: the one that writes, where there is one. Others go where the client
 * wrote a moment ago, was answered last, or is; then anywhere, by weight. Regions known to be unhealthy come last: they
 * are asked when nobody else is left, since what is known of them may be old.
 */
export function candidates({ country, continent, region, written, key, safe, unhealthy }) {
  const byName = new Map(platform.regions.map((found) => [found.name, found]));
  if (!safe && platform.writes) return [byName.get(platform.writes)];
  const near = platform.countries[country] ?? platform.continents[continent];
  const first = [written && platform.writes, region, near].filter((name) => byName.has(name));
  const names = [...new Set([...first, ...byWeight(platform.regions, key)])];
  const ordered = [...names.filter((name) => !unhealthy.has(name)), ...names.filter((name) => unhealthy.has(name))];
  return ordered.slice(0, safe ? platform.failover.attempts : 1).map((name) => byName.get(name));
}

/**
 * Returns the names of regions in an order that is the same for a key every time, and in which each comes first as
 * often as its weight says (weighted rendezvous hashing: when one leaves, only the keys that it had move).
 */
export function byWeight(regions, key) {
  const whole = regions.some(({ weight }) => weight > 0);
  const scored = regions.map(({ name, weight }) => {
    const share = (hash(`${name}\n${key}`) + 0.5) / 2 ** 32;
    return { name, score: -(whole ? weight : 1) / Math.log(share) };
  });
  return scored.sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1)).map(({ name }) => name);
}

/** FNV-1a over the UTF-8 bytes, mixed at the end as MurmurHash3 does: close keys land far apart. */
function hash(text) {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
