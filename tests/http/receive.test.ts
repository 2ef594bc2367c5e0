/** Bodies: what is too large, too slow, cut short or no JSON is answered, and the rest arrives to the byte. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { z } from "zod";
import { ask, askRaw, detailOf } from "../../soak/ask.js";
import { type LocalServer, localServer } from "../../src/http/local-server.js";
import { receiveFile, receiveJson } from "../../src/http/receive.js";
import { temporaryFolder } from "../data/files.js";

const base = temporaryFolder();
const limits = { maxBytes: 2 ** 20, maxSeconds: 20 };
const servers: LocalServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close(0);
});

async function start(maxSeconds = limits.maxSeconds): Promise<number> {
  const server = await localServer({
    ...{ port: 0, token: null },
    routes: (app) => {
      app.post("/file/:name", async (c) =>
        c.json(await receiveFile(c, join(base, c.req.param("name")), { ...limits, maxSeconds })),
      );
      app.post("/json", async (c) => c.json(await receiveJson(c, z.strictObject({ count: z.int() }), limits)));
    },
    defect: (error) => {
      throw error;
    },
  });
  servers.push(server);
  return server.port;
}

it("writes bodies of every size to the byte, many at once", async () => {
  const port = await start();
  const bodies = [0, 1, 65_536, 300_000, limits.maxBytes].map((bytes) => randomBytes(bytes));
  await Promise.all(
    bodies.map(async (body, i) => {
      const { text } = await ask(port, `/file/whole-${i}`, { method: "POST", body });
      expect(Number(text)).toBe(body.length);
      expect(readFileSync(join(base, `whole-${i}`)).equals(body)).toBe(true);
    }),
  );
});

it("refuses too large a body by what it announces, and by what comes", async () => {
  const port = await start();
  const body = randomBytes(limits.maxBytes + 1);
  const announced = await ask(port, "/file/announced", { method: "POST", body });
  expect([announced.status, existsSync(join(base, "announced"))]).toEqual([413, false]);
  expect(detailOf(announced)).toMatch(/larger than 1\.0 MiB/);
  const chunked = await ask(port, "/file/chunked", {
    ...{ method: "POST", headers: { "transfer-encoding": "chunked" }, body: randomBytes(8 * limits.maxBytes) },
  });
  expect(chunked.status).toBe(413);
});

it("ends an upload that takes too long with 408", async () => {
  const port = await start(0.05);
  const head = "POST /file/slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n";
  const said = await askRaw(port, `${head}only this much`);
  expect(said).toMatch(/^HTTP\/1\.1 408 /);
  expect(said).toMatch(/the body took longer than 0\.05 s/);
});

it("outlives clients that leave in the middle", async () => {
  const port = await start();
  await new Promise<void>((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write("POST /file/left HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\npart", () => {
        socket.destroy();
        resolve();
      });
    });
  });
  expect((await ask(port, "/file/after", { method: "POST", body: "next" })).status).toBe(200);
});

it("takes JSON as its schema says, and says where it is not", async () => {
  const port = await start();
  const post = (body: string, type = "application/json") =>
    ask(port, "/json", { method: "POST", headers: { "content-type": type }, body });
  expect((await post('{"count": 3}', "application/json; charset=utf-8")).text).toBe('{"count":3}');
  expect((await post('{"count": 3}', "text/plain")).status).toBe(415);
  const wrong = await post('{"count": "<img onerror>"}');
  expect([wrong.status, detailOf(wrong)]).toEqual([400, expect.stringMatching(/count/)]);
  for (const body of ["", "{", "[]", '{"count":1,"__proto__":{}}', '"\u0000"', "\ufeff{"])
    expect((await post(body)).status, body).toBe(400);
  expect((await post(" ".repeat(limits.maxBytes + 1))).status).toBe(413);
});

it("answers requests that are none", async () => {
  const port = await start();
  for (const bytes of [
    "hello\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    `GET / HTTP/1.1\r\nX: ${"a".repeat(100_000)}\r\n\r\n`,
  ])
    expect(await askRaw(port, bytes), bytes.slice(0, 20)).toMatch(/^HTTP\/1\.1 4\d\d /);
  expect((await ask(port, "/file/well", { method: "POST", body: "x" })).status).toBe(200);
});
