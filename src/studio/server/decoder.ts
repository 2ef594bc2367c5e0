/** Reading files that were dropped into the page, each in a process of its own, one after the other. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { DimsegError, ResourceError } from "../../core/errors.js";
import { HttpProblem } from "../../http/problem.js";
import type { Dropped } from "../../workflows/studio/dropped/read-dropped.js";
import type { DecodeReply } from "./decode-child.js";

const childFile = fileURLToPath(new URL("./decode-child.js", import.meta.url));
/** The largest volumes that a page segments take a tenth of it. */
const mostSeconds = 120;
/** What servers note of requests that nobody waits for any more. */
const clientGone = 499;

/** A reader's message, with the file called as the person calls it; those of an archive keep their names. */
function renamed(message: string, { folder }: Dropped, name: string): string {
  const [first] = message.split("\n");
  const [before, ...rest] = first.replaceAll(`${folder}/files/`, "").split(`${folder}/image`);
  return [before, ...rest.map((text) => text.replace(/^(\.\w+)*/, ""))].join(name).replaceAll(`${folder}/files`, name);
}

export class Decoder {
  private last: Promise<unknown> = Promise.resolve();

  /**
   * Reads a file, after those that were given before.
   * @param name   how a person calls it, for messages
   * @param signal aborted when nobody waits for it any more
   * @returns the file that it was read into, in the same folder
   * @throws DimsegError as readDropped; ResourceError when the process ended; HttpProblem 504, 499
   */
  read(dropped: Dropped, name: string, signal: AbortSignal): Promise<string> {
    const asked = this.last.then(() => this.start(dropped, name, signal));
    this.last = asked.catch(() => {});
    return asked;
  }

  private async start(dropped: Dropped, name: string, signal: AbortSignal): Promise<string> {
    if (signal.aborted) throw new HttpProblem(clientGone, "the client has gone");
    const child = fork(childFile, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const reply = await new Promise<DecodeReply>((resolve, reject) => {
      const end = (problem: HttpProblem) => {
        reject(problem);
        child.kill("SIGKILL");
      };
      const late = `${name}: took longer than ${mostSeconds} s to read; it is damaged, or too large for the page`;
      const timer = setTimeout(() => end(new HttpProblem(504, late)), 1000 * mostSeconds);
      signal.addEventListener("abort", () => end(new HttpProblem(clientGone, "the client has gone")), { once: true });
      child.once("message", resolve);
      child.once("error", reject);
      child.once("exit", () => {
        clearTimeout(timer);
        reject(new ResourceError(`${name}: the process that read it ended, probably for want of memory; try again`));
      });
      child.send(dropped);
    });
    if ("file" in reply) return reply.file;
    const message = renamed(reply.failure, dropped, name);
    throw reply.exitCode === null ? new Error(message) : new DimsegError(message, reply.exitCode);
  }
}
