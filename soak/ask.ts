/** Requests as no well-behaved client sends them: any Host, any path, bodies that end early or never. */
import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** Sends one request on a connection of its own; the path goes out as it is written. */
export function ask(port: number, path: string, { method = "GET", headers = {}, body }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        const bytes = Buffer.concat(parts);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes, text: bytes.toString("utf8") });
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** Writes bytes to a connection and gives all that comes back until the server ends it. */
export function askRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    let said = "";
    socket.on("data", (part) => {
      said += part;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(said));
  });
}

/** What a problem says. */
export function detailOf({ text }: Answer): string {
  return JSON.parse(text).detail;
}
