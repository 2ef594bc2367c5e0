/** What a server keeps of uploads: gone with it, or with the next one where it was killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, it } from "vitest";
import { put, temporaryFolder } from "../data/files.js";
import { transpileForChild } from "../support/transpile.js";

const base = temporaryFolder();
const temporary = join(base, "tmp");
mkdirSync(temporary);
const compiled = transpileForChild(["src/workflows/serving/uploads.ts"]);
afterAll(() => rmSync(compiled, { recursive: true }));

/** Opens a place for uploads and takes one, which it is at until its standard input ends. */
const program = `
  import { writeFileSync } from "node:fs";
  import { Uploads } from ${JSON.stringify(pathToFileURL(join(compiled, "src/workflows/serving/uploads.js")).href)};
  const uploads = await Uploads.open();
  await uploads.within(async (folder) => {
    writeFileSync(folder + "/upload", "of a patient");
    console.log(folder);
    await new Promise((resolve) => process.stdin.resume().once("end", resolve));
  });
  await uploads.close();`;

/** A server at an upload. */
class Server {
  private constructor(
    private readonly child: ChildProcess,
    /** The name of its folder. */
    readonly folder: string,
  ) {}

  static async start(): Promise<Server> {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      ...{ stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, TMPDIR: temporary } },
    });
    const said = await new Promise<string>((resolve, reject) => {
      child.stdout?.once("data", (data) => resolve(`${data}`.trim()));
      child.stdout?.once("end", () => reject(new Error("the program ended without a word")));
    });
    return new Server(child, said.slice(temporary.length + 1).split("/")[0]);
  }

  end(how: "killed" | "told to"): Promise<void> {
    const ended = new Promise<void>((resolve) => this.child.once("exit", () => resolve()));
    if (how === "killed") this.child.kill("SIGKILL");
    else this.child.stdin?.end();
    return ended;
  }
}

it("is removed by the next server where one was killed, and stays where one lives or nobody knows", async () => {
  const living = await Server.start();
  const killed = await Server.start();
  await killed.end("killed");
  // Just begun, of another machine, somebody's own, and a way out.
  mkdirSync(join(temporary, "dimseg-serve-begun"));
  const elsewhere = { pid: 1, startTime: "1", host: "elsewhere.example" };
  put(join(temporary, "dimseg-serve-elsewhere/owner.json"), JSON.stringify(elsewhere));
  put(join(temporary, "dimseg-serve-notes"), "text");
  const dead = { ...elsewhere, pid: 2 ** 22, host: hostname() };
  put(join(base, "outside/owner.json"), JSON.stringify(dead));
  symlinkSync(join(base, "outside"), join(temporary, "dimseg-serve-link"));
  const others = ["begun", "elsewhere", "link", "notes"].map((name) => `dimseg-serve-${name}`);
  expect(readdirSync(temporary)).toContain(killed.folder);

  const next = await Server.start();
  expect(readdirSync(temporary).sort()).toEqual([...others, living.folder, next.folder].sort());
  expect(readdirSync(join(temporary, living.folder, "1"))).toEqual(["upload"]);
  expect(readdirSync(join(base, "outside"))).toEqual(["owner.json"]);
  await Promise.all([living.end("told to"), next.end("told to")]);
  expect(readdirSync(temporary).sort()).toEqual(others);
});
