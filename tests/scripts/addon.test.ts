import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildAddon } from "../../scripts/setup/addon.mjs";
import { quietReport } from "./fake-machine.js";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const libtorch = JSON.parse(readFileSync(join(repository, "build", "libtorch.json"), "utf8"));

const source = `
#include "pch.h"
NAPI_MODULE_INIT() {
  napi_value answer;
  napi_create_double(env, 42, &answer);
  napi_set_named_property(env, exports, "answer", answer);
  return exports;
}
`;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "dimseg-addon-"));
  mkdirSync(join(root, "native"));
  symlinkSync(join(repository, "node_modules"), join(root, "node_modules"));
  writeFileSync(join(root, "package.json"), "{}");
  writeFileSync(join(root, "tsconfig.build.json"), "{}");
  writeFileSync(join(root, "native", "pch.h"), "#pragma once\n#include <node_api.h>\n");
  writeFileSync(join(root, "native", "addon.cc"), source);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function build(environment: Record<string, string | undefined> = process.env): Promise<string> {
  const { report, lines } = quietReport();
  await buildAddon(root, libtorch, report, environment);
  return lines();
}

const addon = () => JSON.parse(readFileSync(join(root, "build", "addon.json"), "utf8"));
const objects = () => readdirSync(join(root, "build"), { recursive: true }).filter((name) => `${name}`.endsWith(".o"));

describe("building the addon", () => {
  it("says what to install when there is no compiler", async () => {
    await expect(build({ PATH: "" })).rejects.toThrow(/no C\+\+ compiler was found .*; run `.+`\.$/);
    await expect(build({ ...process.env, CXX: "no-such-compiler" })).rejects.toThrow(
      "CXX=no-such-compiler is not a program on PATH",
    );
  });

  it("builds a loadable addon, does nothing the second time, and compiles only what changed", async () => {
    expect(await build()).toContain("compiled with");
    expect(addon().libtorch.version).toBe(libtorch.version);
    expect(createRequire(import.meta.url)(addon().path).answer).toBe(42);
    const first = addon().path;

    expect(await build()).toContain("up to date");
    expect(await build({ PATH: "" })).toContain("up to date");

    writeFileSync(join(root, "native", "more.cc"), '#include "pch.h"\n');
    expect(await build()).toContain("compiled with");
    expect(addon().path).not.toBe(first);
    expect(objects()).toHaveLength(2);

    rmSync(join(root, "native", "more.cc"));
    expect(await build()).toContain("built before");
    expect(addon().path).toBe(first);
  });

  it("knows an installed package's addon in the cache wherever that package lies, and keeps no objects there", async () => {
    const other = join(root, "project", "node_modules", "dimseg");
    cpSync(join(root, "native"), join(other, "native"), { recursive: true });
    writeFileSync(join(other, "package.json"), "{}");
    const cache = join(root, "cache");
    cpSync(dirname(addon().path), join(cache, "addons", basename(dirname(addon().path))), { recursive: true });
    const { report, lines } = quietReport();
    await buildAddon(other, libtorch, report, { ...process.env, DIMSEG_CACHE: cache });
    expect(lines()).toContain("built before");
    const { path } = JSON.parse(readFileSync(join(other, "build", "addon.json"), "utf8"));
    expect(path.startsWith(join(cache, "addons"))).toBe(true);
    expect(readdirSync(join(other, "build"))).toEqual(["addon.json"]);
  });

  it("keeps the last good addon and names the file when a source does not compile", async () => {
    const before = addon();
    appendFileSync(join(root, "native", "addon.cc"), "this is no C++\n");
    await expect(build()).rejects.toThrow(/failed on native\/addon\.cc/);
    expect(addon()).toEqual(before);
    expect(readdirSync(join(root, "build")).filter((name) => name.startsWith(".unfinished"))).toEqual([]);
    writeFileSync(join(root, "native", "addon.cc"), source);
  });
});
