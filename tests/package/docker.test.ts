/** What can be said of the Dockerfile without Docker: what it copies is there and is sent, and what it names exists. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";

const read = (name: string) => readFileSync(join(packageRoot, name), "utf8");
const dockerfile = read("Dockerfile");
/** The instructions, continued lines joined. */
const lines = dockerfile
  .replaceAll("\\\n", " ")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));
const copied = lines
  .filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
  .flatMap((line) => line.split(/\s+/).slice(1, -1));
const manifest = JSON.parse(read("package.json"));

describe("the Dockerfile", () => {
  it("copies files of the repository that .dockerignore lets through, and nothing else is let through", () => {
    const sent = read(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    expect([...new Set(copied)].sort()).toEqual(sent.sort());
    for (const name of copied) expect(existsSync(join(packageRoot, name)), name).toBe(true);
  });

  it("copies everything that the package and its build are made of", () => {
    const { include } = JSON.parse(read("tsconfig.build.json"));
    const packed = (manifest.files as string[]).map((name) => name.split("/")[0]);
    const made = new Set(["dist", "!dist"]);
    for (const name of [...include, ...packed]) if (!made.has(name)) expect(copied).toContain(name);
  });

  it("has a pinned base image, runs as no root and starts what package.json names", () => {
    expect(dockerfile).toMatch(/^ARG NODE=node:\d+\.\d+\.\d+-\w+-slim$/m);
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));
    // By number: of a name Kubernetes cannot tell whether it is root.
    expect(last).toContain("USER 1000:1000");
    expect(last).toContain('ENTRYPOINT ["dimseg"]');
    expect(last.find((line) => line.startsWith("HEALTHCHECK"))).toContain('CMD ["dimseg", "doctor", "--json"]');
    expect(last.join("\n")).toContain(
      `ln -s ${join("/opt/dimseg/package", manifest.bin.dimseg)} /usr/local/bin/dimseg`,
    );
  });
});
