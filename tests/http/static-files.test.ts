/** A page's files: those of its folder, and none beside it, however they are asked for. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ask } from "../../soak/ask.js";
import { type LocalServer, localServer } from "../../src/http/local-server.js";
import { staticFiles } from "../../src/http/static-files.js";
import { temporaryFolder } from "../data/files.js";

const base = temporaryFolder();
const root = join(base, "page");
let server: LocalServer;

beforeAll(async () => {
  mkdirSync(join(root, "assets"), { recursive: true });
  for (const [name, text] of [
    ["page/index.html", "<!doctype html>"],
    ["page/assets/a b.js", "1"],
    ["page/assets/m.wasm", "w"],
    ["page/.hidden", "hidden"],
    ["secret.txt", "secret"],
  ])
    writeFileSync(join(base, name), text);
  symlinkSync(join(base, "secret.txt"), join(root, "link.txt"));
  symlinkSync(base, join(root, "up"));
  server = await localServer({
    ...{ port: 0, token: null },
    routes: (app) => app.use(staticFiles(root)),
    defect: (error) => {
      throw error;
    },
  });
});
afterAll(() => server.close(0));

it("sends files with their types", async () => {
  const page = await ask(server.port, "/");
  expect([page.text, page.headers["content-type"]]).toEqual(["<!doctype html>", "text/html; charset=utf-8"]);
  expect((await ask(server.port, "/assets/a%20b.js?v=1")).headers["content-type"]).toBe(
    "text/javascript; charset=utf-8",
  );
  expect((await ask(server.port, "/assets/m.wasm")).headers["content-type"]).toBe("application/wasm");
  const head = await ask(server.port, "/", { method: "HEAD" });
  expect([head.status, head.text]).toEqual([200, ""]);
});

it("sends a packed file as what is in it, to who unpacks it", async () => {
  writeFileSync(join(root, "assets", "p.wasm.gz"), gzipSync("unpacked"));
  const get = (coding: string) => ask(server.port, "/assets/p.wasm", { headers: { "accept-encoding": coding } });
  const { bytes, headers } = await get("deflate, gzip;q=0.5, br");
  expect([headers["content-type"], headers["content-encoding"]]).toEqual(["application/wasm", "gzip"]);
  expect(gunzipSync(bytes).toString()).toBe("unpacked");
  for (const coding of ["", "br", "gzip;q=0, br"]) expect((await get(coding)).status).toBe(404);
  // What lies there plainly is sent plainly.
  expect((await ask(server.port, "/assets/m.wasm", { headers: { "accept-encoding": "gzip" } })).text).toBe("w");
});

it("sends a file again only when it has changed", async () => {
  const { etag } = (await ask(server.port, "/assets/m.wasm")).headers;
  const again = () => ask(server.port, "/assets/m.wasm", { headers: { "if-none-match": `"x", ${etag}` } });
  expect([(await again()).status, (await again()).text]).toEqual([304, ""]);
  writeFileSync(join(root, "assets", "m.wasm"), "other");
  expect((await again()).text).toBe("other");
});

it.each([
  "/../secret.txt",
  "/..%2fsecret.txt",
  "/%2e%2e/secret.txt",
  "/%2e%2e%2fsecret.txt",
  "/assets/..%2f..%2fsecret.txt",
  "/assets/%2e%2e%5c%2e%2e%5csecret.txt",
  "/..\\secret.txt",
  "/%00",
  "/index.html%00.png",
  "/.hidden",
  "/link.txt",
  "/up/secret.txt",
  "/C:/secret.txt",
  "/c%3a%5csecret.txt",
  "//secret.txt",
  "/%2fetc/passwd",
  "/%E0%A4%A",
  "/assets",
  `/${"a".repeat(4000)}`,
  "/nothing.js",
])("holds nothing at %s", async (path) => {
  const answer = await ask(server.port, path);
  expect([400, 404]).toContain(answer.status);
  expect(answer.text).not.toMatch(/secret|hidden|root:/);
});

it("changes nothing", async () => {
  for (const method of ["PUT", "DELETE", "POST"]) expect((await ask(server.port, "/", { method })).status).toBe(404);
});
