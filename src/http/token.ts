/** Secrets that clients show: made here, read from files that nobody else may read, and compared in constant time. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { statSync } from "node:fs";
import { UsageError } from "../core/errors.js";
import { readBytes } from "../core/files/read-file.js";

/** Shorter tokens can be guessed. */
const leastLength = 20;
/** What an Authorization header and a cookie hold without quoting. */
const plainToken = /^[A-Za-z0-9._~+/-]+=*$/;

/** A token of 256 random bits. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * Reads a token from a file.
 * @throws UsageError when others may read the file, or it holds no token of 20 characters or more; DataError when it cannot
 *   be read
 */
export function readToken(file: string): string {
  const token = new TextDecoder().decode(readBytes(file)).trim();
  if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0)
    throw new UsageError(`${file}: others may read this token; run \`chmod 600\` on it`);
  if (token.length < leastLength || !plainToken.test(token))
    throw new UsageError(
      `${file}: holds no token of ${leastLength} or more letters, digits and -._~+/; make one with \`openssl rand -hex 32\``,
    );
  return token;
}

/** Whether what a client shows is the token; takes equally long wherever the two differ. */
export function isToken(shown: string | undefined, token: string): boolean {
  if (shown === undefined) return false;
  const [a, b] = [shown, token].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(a, b);
}
