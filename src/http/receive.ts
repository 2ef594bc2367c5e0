/** Bodies of requests, within limits of size and time: a client that sends too much, or too slowly, does not hold the server. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Context } from "hono";
import { prettifyError, type ZodType } from "zod";
import { bytesText } from "../core/bytes-text.js";
import { writeFailure } from "../core/files/atomic-file.js";
import { HttpProblem } from "./problem.js";

/** What a client may send. */
export interface BodyLimits {
  readonly maxBytes: number;
  /** From the request's beginning to its body's last byte. */
  readonly maxSeconds: number;
  /** Ends it early, with the problem that it is aborted with. */
  readonly cut?: AbortSignal;
  /** Told of all bytes so far. */
  readonly came?: (bytes: number) => void;
}

function tooLarge(maxBytes: number): HttpProblem {
  return new HttpProblem(413, `the body is larger than ${bytesText(maxBytes)}; send less`, { connection: "close" });
}

/** A client that has gone reads no answer; 400 is for the log. */
function cutShort(cause: unknown): HttpProblem {
  const problem = new HttpProblem(400, "the body ended before its last byte; send it again", { connection: "close" });
  problem.cause = cause;
  return problem;
}

/** @throws HttpProblem 413 for a body that says that it is too large, before any of it is taken */
function checkAnnounced(c: Context, { maxBytes }: BodyLimits): void {
  if (Number(c.req.header("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

/**
 * The pieces of a body as they come.
 * @throws HttpProblem 413 when it is too large, 408 when it takes too long, 400 when it is cut short
 */
async function* pieces(c: Context, { maxBytes, maxSeconds, cut, came }: BodyLimits): AsyncGenerator<Uint8Array> {
  const { body } = c.req.raw;
  if (!body) return;
  const stream = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
  const slow = new HttpProblem(408, `the body took longer than ${maxSeconds} s; send it faster, or less`, {
    connection: "close",
  });
  const timer = setTimeout(() => stream.destroy(slow), 1000 * maxSeconds);
  const end = () => stream.destroy(cut?.reason);
  if (cut?.aborted) end();
  cut?.addEventListener("abort", end);
  let bytes = 0;
  try {
    for await (const piece of stream) {
      bytes += piece.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      came?.(bytes);
      yield piece;
    }
  } catch (error) {
    throw error instanceof HttpProblem ? error : cutShort(error);
  } finally {
    clearTimeout(timer);
    cut?.removeEventListener("abort", end);
  }
}

/**
 * Writes a body into a new file, piece by piece.
 * @returns its bytes
 * @throws HttpProblem 413, 408 or 400 as the client sends; ResourceError when the file cannot be written. The file may then
 *   hold a part, and is the caller's to remove
 */
export async function receiveFile(c: Context, path: string, limits: BodyLimits): Promise<number> {
  checkAnnounced(c, limits);
  const file = createWriteStream(path, { flags: "wx" });
  try {
    await pipeline(pieces(c, limits), file);
  } catch (error) {
    throw error instanceof HttpProblem ? error : writeFailure(path, error);
  }
  return file.bytesWritten;
}

/** A body in memory. @throws HttpProblem 413, 408 or 400 as the client sends */
export async function receiveBytes(c: Context, limits: BodyLimits): Promise<Buffer> {
  checkAnnounced(c, limits);
  const parts: Uint8Array[] = [];
  for await (const piece of pieces(c, limits)) parts.push(piece);
  return Buffer.concat(parts);
}

/**
 * A body of JSON.
 * @throws HttpProblem 415 for another content type, 400 when it is no JSON or not as the schema says; 413, 408 as the client
 *   sends
 */
export async function receiveJson<T>(c: Context, schema: ZodType<T>, limits: BodyLimits): Promise<T> {
  if (!/^application\/json\s*(;|$)/i.test(c.req.header("content-type") ?? ""))
    throw new HttpProblem(415, "the body is to be application/json; say so in Content-Type");
  const body = await receiveBytes(c, limits);
  const result = schema.safeParse(jsonOf(body.toString("utf8")));
  if (result.success) return result.data;
  throw new HttpProblem(400, prettifyError(result.error).replace(/\s+/g, " "));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HttpProblem(400, `the body is no JSON: ${(cause as Error).message}`);
  }
}
