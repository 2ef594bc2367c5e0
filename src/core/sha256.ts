/** Content hashes. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** SHA-256 of the parts one after another, as hexadecimal text. */
export function sha256(...parts: (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** SHA-256 of a file's bytes, read piece by piece. @throws what reading it does */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest("hex");
}
