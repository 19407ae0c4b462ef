// Runs cases against rendered Workers and prints what came out: {job: {case: "" or what went wrong}}.
//
// Reads its jobs from stdin: {job: {group, only, folders}}; group is a file of cases/, only the name of one of its cases
// (all without it), folders are the Workers by name.

import { text } from "node:stream/consumers";

// A case waits most of its time: for answers, for timeouts, for what has to grow old.
const AT_ONCE = 4;

const jobs = JSON.parse(await text(process.stdin));
const results = {};
const waiting = [];
for (const [job, { group, only, folders }] of Object.entries(jobs)) {
  const { cases } = await import(new URL(`cases/${group}.mjs`, import.meta.url));
  const chosen = Object.keys(cases).filter((name) => [name, undefined].includes(only));
  results[job] = Object.fromEntries(chosen.map((name) => [name, "never ended"]));
  waiting.push(...chosen.map((name) => ({ job, name, run: cases[name], folders })));
}

async function runOne({ job, name, run, folders }) {
  const open = [];
  const tidy = (made) => {
    open.push(made);
    return made;
  };
  try {
    await run(folders, tidy);
    results[job][name] = "";
  } catch (error) {
    results[job][name] = error.stack ?? String(error);
  }
  for (const made of open) await made.close();
}

async function work() {
  while (waiting.length) await runOne(waiting.shift());
}

await Promise.all(Array.from({ length: AT_ONCE }, work));
process.stdout.write(JSON.stringify(results), () => process.exit(0));
