/** What went wrong, as an answer: problem details (RFC 9457) in one sentence, without stack traces or paths of the machine. */
import { STATUS_CODES } from "node:http";
import { homedir, tmpdir } from "node:os";
import { DimsegError, exitCodes } from "../core/errors.js";

/** A failure with the status that answers it; its message goes to the client as it is. */
export class HttpProblem extends Error {
  /**
   * @param status 400 to 599
   * @param message one sentence: what is wrong, and what to do
   * @param headers of the answer, such as `Retry-After`
   */
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** Statuses of what dimseg throws, by its exit code. */
const statuses: Readonly<Record<number, number>> = {
  [exitCodes.usage]: 400,
  [exitCodes.data]: 422,
  [exitCodes.checkpoint]: 500,
  [exitCodes.numeric]: 500,
  [exitCodes.resource]: 503,
};

/** The status that answers an error of dimseg. */
export function statusOf({ exitCode, cause }: DimsegError): number {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") return 507;
  return statuses[exitCode] ?? 500;
}

/** An absolute path at the beginning of a word, up to a mark that ends it in a sentence. */
const absolutePath = /(?<=^|[\s"'(`])(?:[A-Za-z]:)?[\\/](?:[^\s"'`,;:()\\/]+[\\/])*([^\s"'`,;:()\\/]*)/g;

/**
 * A message whose paths are file names alone.
 * @param folders whose paths may hold spaces
 */
export function withoutPaths(message: string, folders: readonly string[] = []): string {
  const known = [...folders, process.cwd(), tmpdir(), homedir()].filter((folder) => folder.length > 1);
  const inside = known.reduce((text, folder) => text.replaceAll(`${folder}/`, ""), message);
  return inside.replace(absolutePath, (path, name: string) => name || path.slice(-1));
}

/** An answer in JSON that says what is wrong. */
export function problemResponse(status: number, detail: string, headers: Readonly<Record<string, string>> = {}) {
  const body = { type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}

/**
 * The answer to a failure. What is no typed error is a defect, of which the client hears nothing but that.
 * @param defect told of it
 */
export function answerTo(error: unknown, defect: (error: unknown) => void): Response {
  if (error instanceof HttpProblem) return problemResponse(error.status, error.message, error.headers);
  if (error instanceof DimsegError) return problemResponse(statusOf(error), withoutPaths(error.message.split("\n")[0]));
  defect(error);
  return problemResponse(500, "a defect of dimseg; the server's own output says more");
}
