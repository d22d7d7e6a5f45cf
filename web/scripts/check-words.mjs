// Holds the words against the code: both lists have the same keys and the same {places}, every key that the code names
// exists, and every key that exists is used. A list such as `state.*` counts as used where the code says sayOf("state", …)
// or `state.${…}`.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const read = (name) => JSON.parse(readFileSync(join(root, "locales", `${name}.json`), "utf8"));
const [zh, en] = [read("zh-CN"), read("en")];
const faults = [];

for (const key of new Set([...Object.keys(zh), ...Object.keys(en)])) {
  if (!zh[key]?.trim()) faults.push(`${key}: not in zh-CN.json`);
  else if (!en[key]?.trim()) faults.push(`${key}: not in en.json`);
  else if (places(zh[key]) !== places(en[key])) faults.push(`${key}: {places} differ`);
}

const source = sources(join(root, "src"));
const exact = new Set([...source.matchAll(/"([a-z_]+\.[\w]+)"/g)].map((found) => found[1]));
const lists = new Set([
  ...[...source.matchAll(/sayOf\(\s*"([a-z_]+)"/g)].map((found) => found[1]),
  ...[...source.matchAll(/`([a-z_]+)\.\$\{/g)].map((found) => found[1]),
  ...[...source.matchAll(/counted\(\s*"([a-z_]+)"/g)].map((found) => found[1]),
]);
const known = new Set(Object.keys(zh).map((key) => key.split(".")[0]));

for (const key of exact) {
  if (known.has(key.split(".")[0]) && !(key in zh)) faults.push(`${key}: the code says it, no list has it`);
}
for (const key of Object.keys(zh)) {
  if (!exact.has(key) && !lists.has(key.split(".")[0])) faults.push(`${key}: nothing says it`);
}

if (faults.length) {
  process.stderr.write(`${faults.join("\n")}\n`);
  process.exit(1);
}

function places(words) {
  return [...words.matchAll(/\{\w+\}/g)].map(String).sort().join();
}

function sources(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
}
