/** The ground of `dimseg serve` and of pages: who is let in, what every answer tells browsers, and how it ends. */
import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { ask, askRaw, detailOf } from "../../soak/ask.js";
import { DataError, ResourceError, UsageError } from "../../src/core/errors.js";
import { csrfHeader } from "../../src/http/access.js";
import { csrfPath, type LocalServer, type LocalServerOptions, localServer } from "../../src/http/local-server.js";
import { HttpProblem } from "../../src/http/problem.js";

const servers: LocalServer[] = [];
const defects: unknown[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close(0);
  defects.splice(0);
});

async function start(options: Partial<LocalServerOptions> = {}): Promise<LocalServer> {
  const server = await localServer({
    port: 0,
    token: null,
    routes: (app) => {
      app.get("/", (c) => c.text("here"));
      app.post("/change", (c) => c.text("changed"));
    },
    defect: (error) => defects.push(error),
    ...options,
  });
  servers.push(server);
  return server;
}

describe("who is let in", () => {
  it("answers at loopback addresses and names, through whatever port", async () => {
    const { port } = await start();
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, "localhost", "127.0.0.1:9000", `[::1]:${port}`])
      expect((await ask(port, "/", { headers: { host } })).text, host).toBe("here");
  });

  it("refuses a name that a foreign page points at this machine", async () => {
    const { port } = await start();
    for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example", "localhost.evil.example"]) {
      const answer = await ask(port, "/", { headers: { host } });
      expect([400, 421], host).toContain(answer.status);
      expect(answer.text).not.toBe("here");
    }
    for (const line of ["", "Host:\r\n", "Host: localhost/\r\n", "Host: localhost@evil.example\r\n"])
      expect(await askRaw(port, `GET / HTTP/1.1\r\n${line}Connection: close\r\n\r\n`), line).toMatch(
        /^HTTP\/1\.1 4(00|21) /,
      );
  });

  it("refuses what pages of other origins and sites send", async () => {
    const { port } = await start();
    const own = `http://127.0.0.1:${port}`;
    for (const origin of ["null", "https://evil.example", "http://127.0.0.1:1", "file://", `ftp://127.0.0.1:${port}`])
      expect((await ask(port, "/", { headers: { origin } })).status, origin).toBe(403);
    expect((await ask(port, "/", { headers: { origin: own } })).status).toBe(200);
    for (const site of ["cross-site", "same-site"])
      expect((await ask(port, "/", { headers: { "sec-fetch-site": site } })).status, site).toBe(403);
    const followed = { "sec-fetch-site": "cross-site", "sec-fetch-dest": "document" };
    expect((await ask(port, "/", { headers: followed })).status).toBe(200);
    expect((await ask(port, "/change", { method: "POST", headers: followed })).status).toBe(403);
  });

  it("lets programs change things, and pages that show the token they alone can read", async () => {
    const { port } = await start();
    const origin = `http://localhost:${port}`;
    const host = `localhost:${port}`;
    const { token } = JSON.parse((await ask(port, csrfPath)).text);
    const post = (headers: Record<string, string>) => ask(port, "/change", { method: "POST", headers });
    expect((await post({})).text).toBe("changed");
    expect((await post({ host, origin })).status).toBe(403);
    expect((await post({ host, origin, [csrfHeader]: "x".repeat(token.length) })).status).toBe(403);
    expect((await post({ "sec-fetch-site": "same-origin" })).status).toBe(403);
    expect((await post({ host, origin, [csrfHeader]: token })).text).toBe("changed");
  });

  it("wants its token where it has one, in a header, or once in a page's address", async () => {
    const token = "a-token-that-is-long-enough";
    const { port } = await start({ token, open: ["/healthz"], routes: (app) => app.get("*", (c) => c.text("in")) });
    const bare = await ask(port, "/secret");
    expect([bare.status, bare.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
    expect((await ask(port, "/healthz")).status).toBe(200);
    for (const shown of ["Bearer wrong", "Bearer", `Basic ${token}`, `Bearer ${token}x`])
      expect((await ask(port, "/secret", { headers: { authorization: shown } })).status, shown).toBe(401);
    expect((await ask(port, "/secret", { headers: { authorization: `Bearer ${token}` } })).text).toBe("in");
    expect((await ask(port, "/secret?token=wrong")).status).toBe(401);
    const opened = await ask(port, `/page?token=${token}`);
    expect([opened.status, opened.headers.location]).toEqual([303, "/page"]);
    const [cookie] = opened.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect((await ask(port, "/page", { headers: { cookie: cookie.split(";")[0] } })).text).toBe("in");
  });

  it("is not reachable by others without a token", async () => {
    await expect(start({ host: "0.0.0.0" })).rejects.toThrow(UsageError);
    const { port } = await start({ host: "0.0.0.0", token: "a-token-that-is-long-enough" });
    expect((await ask(port, "/", { headers: { host: "scanner-room:80" } })).status).toBe(401);
  });

  it("says that a port is taken", async () => {
    const { port } = await start();
    await expect(start({ port })).rejects.toThrow(ResourceError);
  });
});

describe("answers", () => {
  it("tell browsers to run nothing from elsewhere, failures and unknown paths, too", async () => {
    const { port } = await start();
    for (const [path, host] of [
      ["/", "localhost"],
      ["/nothing", "localhost"],
      ["/", "evil.example"],
    ]) {
      const { headers } = await ask(port, path, { headers: { host } });
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(headers["content-security-policy"]).not.toMatch(/unsafe-inline|'unsafe-eval'|\*/);
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
      expect(headers["access-control-allow-origin"]).toBeUndefined();
      expect(headers["cache-control"]).toBe("no-store");
    }
  });

  it("say what is wrong in one sentence, without stacks or paths of the machine", async () => {
    const thrown: Record<string, Error> = {
      usage: new UsageError("no such part"),
      data: new DataError("/home/someone/my scans/a.png: is truncated"),
      full: new ResourceError("cannot write /data/x/b.png: the disk is full", {
        cause: Object.assign(new Error(), { code: "ENOSPC" }),
      }),
      busy: new HttpProblem(503, "later", { "retry-after": "7" }),
      defect: new Error("secret /etc/shadow"),
    };
    const { port } = await start({
      routes: (app) =>
        app.get("/:kind", (c) => {
          throw thrown[c.req.param("kind")];
        }),
    });
    const answers = await Promise.all(Object.keys(thrown).map((kind) => ask(port, `/${kind}`)));
    expect(answers.map(({ status }) => status)).toEqual([400, 422, 507, 503, 500]);
    for (const { headers, text } of answers) {
      expect(headers["content-type"]).toBe("application/problem+json");
      expect(text).not.toMatch(/someone|\/data|\/etc|secret| {4}at /);
    }
    expect(answers.map(detailOf).slice(0, 4)).toEqual([
      "no such part",
      expect.stringContaining("a.png: is truncated"),
      "cannot write b.png: the disk is full",
      "later",
    ]);
    expect(answers[3].headers["retry-after"]).toBe("7");
    expect(defects).toEqual([thrown.defect]);
  });
});

describe("the end", () => {
  it("lets requests under way finish, and takes no further ones", async () => {
    let finish = () => {};
    let begun = () => {};
    const isBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const server = await start({
      routes: (app) =>
        app.get("/", async (c) => {
          const work = new Promise<void>((resolve) => {
            finish = resolve;
          });
          begun();
          await work;
          return c.text("whole");
        }),
    });
    const answer = ask(server.port, "/");
    await isBegun;
    const closed = server.close();
    await expect(ask(server.port, "/")).rejects.toThrow("ECONNREFUSED");
    finish();
    expect((await answer).text).toBe("whole");
    expect((await answer).headers.connection).toBe("close");
    await closed;
  });

  it("tells streams that never end by themselves, and cuts off what does not end", async () => {
    const server = await start({
      routes: (app, { ending }) => {
        app.get("/stream", async (c) => {
          await new Promise<void>((resolve) => ending.addEventListener("abort", () => resolve()));
          return c.text("ended");
        });
        app.get("/stuck", () => new Promise<Response>(() => {}));
      },
    });
    const stream = ask(server.port, "/stream");
    // The second one is under way when its headers were read, which the server says of no request: so it is asked for 100.
    const stuck = new Promise<string>((resolve) => {
      const asked = request({
        ...{ host: "127.0.0.1", port: server.port, path: "/stuck", method: "GET" },
        headers: { expect: "100-continue" },
      });
      asked.on("error", (error) => resolve((error as NodeJS.ErrnoException).code ?? ""));
      asked.on("continue", () => void server.close(0));
      asked.flushHeaders();
    });
    expect(await stuck).toBe("ECONNRESET");
    await stream.then(
      ({ text }) => expect(text).toBe("ended"),
      (error) => expect(error.code).toBe("ECONNRESET"),
    );
  });
});
