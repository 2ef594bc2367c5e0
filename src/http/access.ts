/**
 * Who may ask. A page of another site can make a browser on this machine send requests, also to loopback addresses, and
 * by a name that it points there (DNS rebinding): so Host, Origin and Sec-Fetch-Site are looked at, and what a page
 * changes takes a token that only pages of this server can read.
 */
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { hostName, isLoopback, isSameOrigin } from "./address.js";
import { HttpProblem } from "./problem.js";
import { isToken } from "./token.js";

/** Who is let in. */
export interface Access {
  /** The address that the server is bound to. */
  readonly host: string;
  readonly port: number;
  /** What clients have to show; null where being on this machine is enough. */
  readonly token: string | null;
  /** What pages of this server have to show with everything that changes something. */
  readonly csrfToken: string;
  /** Paths that are answered without the token. */
  readonly open: readonly string[];
}

/** Header that pages send the CSRF token in. */
export const csrfHeader = "x-csrf-token";

const safeMethods: readonly string[] = ["GET", "HEAD"];

/** @throws HttpProblem 421 */
function checkHost(header: string | undefined, host: string): void {
  const name = hostName(header);
  // At other addresses the token tells friend from foe: a page of a foreign name has neither it nor its cookie.
  if (name !== undefined && (!isLoopback(host) || isLoopback(name))) return;
  throw new HttpProblem(421, "the Host header names another server; ask for localhost or 127.0.0.1");
}

/** Whether a browser says that a page sent the request. */
function isFromPage(c: Context): boolean {
  return c.req.header("origin") !== undefined || c.req.header("sec-fetch-site") !== undefined;
}

/** @throws HttpProblem 403 for a request that a page of another origin sent, unless it is a link to a page that was followed */
function checkOrigin(c: Context): void {
  const origin = c.req.header("origin");
  if (origin !== undefined && !isSameOrigin(origin, c.req.header("host") ?? ""))
    throw new HttpProblem(403, "a page of another origin sent this request; open the page of this server");
  const site = c.req.header("sec-fetch-site") ?? "none";
  const isLink = safeMethods.includes(c.req.method) && c.req.header("sec-fetch-dest") === "document";
  if (site !== "same-origin" && site !== "none" && !isLink)
    throw new HttpProblem(403, "a page of another site sent this request; open the page of this server");
}

function shownToken(c: Context, cookie: string): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  return bearer ?? getCookie(c, cookie);
}

/** Lets in who may ask. */
export function guard({ host, port, token, csrfToken, open }: Access): MiddlewareHandler {
  // Cookies of one host are shared by its ports.
  const cookie = `dimseg-${port}`;
  return async (c, next) => {
    checkHost(c.req.header("host"), host);
    checkOrigin(c);
    if (token !== null && !open.includes(c.req.path)) {
      const inLink = safeMethods.includes(c.req.method) ? c.req.query("token") : undefined;
      if (isToken(inLink, token)) {
        setCookie(c, cookie, token, { httpOnly: true, sameSite: "Strict", path: "/" });
        return c.redirect(c.req.path, 303);
      }
      if (!isToken(shownToken(c, cookie), token))
        throw new HttpProblem(401, "show the server's token: Authorization: Bearer TOKEN", {
          "www-authenticate": "Bearer",
        });
    }
    const changes = !safeMethods.includes(c.req.method);
    if (changes && isFromPage(c) && !isToken(c.req.header(csrfHeader), csrfToken))
      throw new HttpProblem(403, `the page did not show the CSRF token in ${csrfHeader}; load it again`);
    return next();
  };
}
