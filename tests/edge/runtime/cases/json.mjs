import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { needs } from "../world.mjs";

const encoder = new TextEncoder();

async function judgeOf(folder) {
  const module = new WebAssembly.Module(await readFile(path.join(folder, "src/validate.wasm")));
  const { check, input, memory } = new WebAssembly.Instance(module).exports;
  return (bytes, depth = 32) => {
    const missing = input.value + bytes.length - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    new Uint8Array(memory.buffer, input.value, bytes.length).set(bytes);
    return check(bytes.length, depth);
  };
}

/** Numbers that look like chance and are the same every time (a linear congruential generator). */
function dice(seed) {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const SOUND = [
  '{"a":[1,2.5e-3,true,false,null,"x\\u00e9\\n"],"b":{},"c":[]}',
  "[]",
  '"é€😀"',
  "-0.1E+5",
  '  [ 1 , {"k" : "v"} ] ',
  '{"a":{"b":{"c":[{}]}}}',
  "null",
  '"\\ud800"',
];
const LETTERS = [
  ...encoder.encode('{}[],:"\\/ \n\t0123456789-+.eEtruefalsnu'),
  ...[0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0, 0xff, 0xc0, 0x00],
];

function mutated(roll) {
  const bytes = [...encoder.encode(SOUND[roll(SOUND.length)])];
  for (let left = roll(4); left > 0; left -= 1) {
    const at = roll(bytes.length + 1);
    const [remove, add] = [[1, 0], [0, 1], [1, 1]][roll(3)];
    bytes.splice(at, remove, ...(add ? [LETTERS[roll(LETTERS.length)]] : []));
  }
  return new Uint8Array(bytes);
}

function isJson(bytes) {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

export const cases = {
  "the validator says of a hundred thousand texts what JSON.parse says": async ({ live }) => {
    const judge = await judgeOf(live);
    const roll = dice(20);
    let sound = 0;
    for (let i = 0; i < 100_000; i += 1) {
      const bytes = mutated(roll);
      const expected = isJson(bytes);
      sound += expected;
      assert.equal(judge(bytes) === 0, expected, Buffer.from(bytes).toString("latin1"));
    }
    assert.ok(sound > 20_000 && sound < 80_000, `${sound} of them are JSON`);
  },

  "the validator counts levels and reads as much as there is": async ({ live }) => {
    const judge = await judgeOf(live);
    const nested = (depth) => encoder.encode("[".repeat(depth) + "]".repeat(depth));
    assert.deepEqual([judge(nested(32)), judge(nested(33)), judge(nested(512), 512)], [0, 2, 0]);
    assert.deepEqual([judge(new Uint8Array()), judge(encoder.encode(`"${"x".repeat(3_000_000)}"`))], [1, 0]);
    assert.equal(judge(new Uint8Array([0x22, 0xff, 0x22])), 3);
  },

  "the module is what its source assembles to": async ({ live }) => {
    const wabt = await needs("wabt")();
    const source = await readFile(path.join(live, "src/validate.wat"), "utf8");
    const parsed = wabt.parseWat("validate.wat", source);
    parsed.resolveNames();
    parsed.validate();
    const { buffer } = parsed.toBinary({});
    assert.deepEqual(Buffer.from(buffer), await readFile(path.join(live, "src/validate.wasm")));
  },
};
