/** The files of a page: those below one folder and no others, whatever a path says. */
import { readFile, realpath, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import type { Context, MiddlewareHandler } from "hono";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".txt": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".webp": "image/webp",
  ".ico": "image/x-icon",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
};

/** The content type of a file by its name; bytes where it is not known. */
export function contentType(path: string): string {
  return types[extname(path).toLowerCase()] ?? "application/octet-stream";
}

/** Whether a part of a path is a plain name: not hidden, no way up, no drive, no separator in disguise. */
function isPlainName(part: string): boolean {
  return part !== "" && !part.startsWith(".") && !/[\\/:\0]/.test(part);
}

/** The names that a URL's path is made of; undefined where one is not plain. */
function namesOf(pathname: string): string[] | undefined {
  try {
    const parts = pathname.split("/").slice(1).map(decodeURIComponent);
    if (parts[parts.length - 1] === "") parts[parts.length - 1] = "index.html";
    return parts.every(isPlainName) ? parts : undefined;
  } catch {
    return undefined;
  }
}

function withEnding(names: readonly string[], ending: string): string[] {
  return names.map((name, i) => (i === names.length - 1 ? `${name}${ending}` : name));
}

/** A file below a folder, also behind links; undefined where there is none. @param names plain ones */
async function fileBelow(root: string, names: readonly string[]) {
  try {
    const [folder, path] = await Promise.all([realpath(root), realpath(join(root, ...names))]);
    if (!path.startsWith(`${folder}${sep}`)) return undefined;
    const stats = await stat(path);
    return stats.isFile() ? { path, stats } : undefined;
  } catch {
    return undefined;
  }
}

/** Ends the names of files that lie packed in the folder and are sent so. */
const packedEnding = ".gz";

/** Whether the client unpacks what it is sent. */
function unpacks(c: Context): boolean {
  return /(?:^|[\s,])gzip(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(c.req.header("accept-encoding") ?? "");
}

/** The answer with a file; 304 where the client has it. @param packed whether it is sent packed */
async function answer(c: Context, path: string, etag: string, packed: boolean): Promise<Response> {
  const headers: Record<string, string> = { etag, "cache-control": "no-cache" };
  if (packed) headers.vary = "accept-encoding";
  const held = c.req.header("if-none-match")?.split(/\s*,\s*/) ?? [];
  if (held.includes(etag)) return c.body(null, 304, headers);
  const type = contentType(packed ? path.slice(0, -packedEnding.length) : path);
  if (packed) headers["content-encoding"] = "gzip";
  return c.body(new Uint8Array(await readFile(path)), 200, { ...headers, "content-type": type });
}

/**
 * Answers GET and HEAD with the files below a folder, `index.html` for a folder's own address. A file that lies there
 * packed, as `a.wasm.gz`, is `a.wasm` to clients that unpack it. What is not there is left to the routes that follow.
 */
export function staticFiles(root: string): MiddlewareHandler {
  return async (c, next) => {
    const names = namesOf(new URL(c.req.url).pathname);
    const isRead = c.req.method === "GET" || c.req.method === "HEAD";
    if (!isRead || !names) return next();
    const plain = await fileBelow(root, names);
    const packed = plain || !unpacks(c) ? undefined : await fileBelow(root, withEnding(names, packedEnding));
    const found = plain ?? packed;
    if (!found) return next();
    const { size, mtimeMs } = found.stats;
    return answer(c, found.path, `"${size.toString(16)}-${Math.round(mtimeMs).toString(16)}"`, packed !== undefined);
  };
}
