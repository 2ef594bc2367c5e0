/** What every answer tells browsers: nothing from elsewhere, nothing inline, nothing guessed, nothing kept by others. */
import type { MiddlewareHandler } from "hono";

/** What pages of a server may do beside showing themselves. */
export interface PageRights {
  /** Compile WebAssembly, and start workers from it. */
  readonly wasm: boolean;
}

/** The content security policy of a page. */
export function contentPolicy({ wasm }: PageRights): string {
  return [
    "default-src 'none'",
    `script-src 'self'${wasm ? " 'wasm-unsafe-eval'" : ""}`,
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    ...(wasm ? ["worker-src 'self' blob:"] : []),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** Sets them on every answer. */
export function securityHeaders(rights: PageRights): MiddlewareHandler {
  const headers = {
    "content-security-policy": contentPolicy(rights),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    // These two also let a page share memory between its workers.
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
  };
  return async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
    // What is asked for is private; files that may be asked about again say so themselves.
    if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
  };
}
