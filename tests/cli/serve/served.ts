/** `dimseg serve` in a process of its own, and its workers, which a test may stop and kill. */
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { type Answer, type Asked, ask } from "../../../soak/ask.js";
import { type Ended, Running } from "../built.js";

const address = /Listening at http:\/\/127\.0\.0\.1:(\d+):/;

/** A server that listens. */
export class Served {
  private constructor(
    private readonly running: Running,
    readonly port: number,
  ) {}

  /** Starts a server at a free port. @throws Error with what it printed when it ends instead */
  static async start(...words: string[]): Promise<Served> {
    const running = new Running(["serve", ...words, "--port", "0"]);
    let printed = "";
    running.child.stdout?.on("data", (text) => {
      printed += text;
    });
    await running.until(() => address.test(printed));
    const port = address.exec(printed)?.[1];
    if (port === undefined) throw new Error(`the server ended: ${(await running.ended).err}`);
    return new Served(running, Number(port));
  }

  ask(path: string, asked?: Asked): Promise<Answer> {
    return ask(this.port, path, asked);
  }

  /** Posts an image. */
  post(body: string | Uint8Array, parameters = ""): Promise<Answer> {
    return this.ask(`/v1/masks${parameters}`, { method: "POST", body });
  }

  /** Process numbers of its workers. */
  workers(): number[] {
    const { pid } = this.running.child;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  }

  /** Waits until one of its measures has a value. */
  async until(measure: string, value: number): Promise<void> {
    const line = `${measure} ${value}`;
    while (!(await this.ask("/metrics")).text.split("\n").includes(line)) await pause(5);
  }

  /** Sends a signal; does not wait. */
  signal(name: NodeJS.Signals): void {
    this.running.child.kill(name);
  }

  get ended(): Promise<Ended> {
    return this.running.ended;
  }

  end(): Promise<Ended> {
    return this.running.interrupt("SIGTERM");
  }
}
