/**
 * The ground under everything that dimseg answers over HTTP: an address that only this machine reaches unless told
 * otherwise, a guard, limits, errors as JSON, and an end that waits for what is under way. What is answered is its
 * callers' business.
 */
import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import { ResourceError, UsageError } from "../core/errors.js";
import { guard } from "./access.js";
import { isLoopback, urlOf } from "./address.js";
import { answerTo, problemResponse } from "./problem.js";
import { type PageRights, securityHeaders } from "./security-headers.js";
import { newToken } from "./token.js";

/** Path that pages of the server read their CSRF token from, as `{"token": ...}`. */
export const csrfPath = "/csrf-token";

/** What routes are told of their server. */
export interface ServerContext {
  /** Aborted when the server begins to end: streams that never end by themselves are to end then. */
  readonly ending: AbortSignal;
}

/** A server to start. */
export interface LocalServerOptions {
  /** An address of this machine; default 127.0.0.1. Others than loopback need a token. */
  readonly host?: string;
  /** 0: any that is free. */
  readonly port: number;
  /** What every client has to show; null: none. A page is opened with it as `?token=`, and then keeps it in a cookie. */
  readonly token: string | null;
  /** Paths that are answered without the token, such as those of health. */
  readonly open?: readonly string[];
  /** What its pages may do; default: no WebAssembly. */
  readonly page?: PageRights;
  /** Longest time in seconds from a connection's first byte to a request's last; default 60. */
  readonly requestSeconds?: number;
  /** Sees every request before anything else, also those that are refused. */
  readonly first?: MiddlewareHandler;
  /** Adds what the server answers. */
  routes(app: Hono, context: ServerContext): void;
  /** Told of defects, of which clients hear nothing. */
  defect(error: unknown): void;
}

/** A server that listens. */
export interface LocalServer {
  /** Its address, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /**
   * Takes no further requests, and waits for those under way.
   * @param graceSeconds after which they are cut off; default 30
   */
  close(graceSeconds?: number): Promise<void>;
}

/** A request is cut off a little after its own limits would have answered it. */
const slackSeconds = 5;

const explanations: Record<string, string> = {
  EADDRINUSE: "another program uses this port; choose another one with --port",
  EADDRNOTAVAIL: "this machine has no such address; choose another one with --host",
  ENOTFOUND: "this name is not known; choose another one with --host",
  EACCES: "permission denied; choose a port above 1023",
};

function listenFailure(host: string, port: number, cause: unknown): ResourceError {
  const reason = explanations[(cause as NodeJS.ErrnoException).code ?? ""] ?? (cause as Error).message;
  return new ResourceError(`cannot listen on ${urlOf(host, port)}: ${reason}`, { cause });
}

/** Ends the connections of a server that takes no more requests, those that are busy only after a while. */
async function endConnections(server: Server, graceSeconds: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), 1000 * graceSeconds);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function application(
  { host = "127.0.0.1", token, open = [], page = { wasm: false }, first, routes, defect }: LocalServerOptions,
  port: () => number,
  ending: AbortSignal,
): Hono {
  const csrfToken = newToken();
  const app = new Hono();
  if (first) app.use(first);
  app.use(securityHeaders(page));
  app.use(async (c, next) => {
    await next();
    // Otherwise a client's next request would come by a connection that nobody listens to.
    if (ending.aborted) c.res.headers.set("connection", "close");
  });
  app.use((c, next) => guard({ host, port: port(), token, csrfToken, open })(c, next));
  app.get(csrfPath, (c) => c.json({ token: csrfToken }));
  routes(app, { ending });
  app.notFound(() => problemResponse(404, "there is nothing at this path"));
  app.onError((error) => answerTo(error, defect));
  return app;
}

/**
 * Starts a server.
 * @throws UsageError for an address that others reach, without a token; ResourceError when the port cannot be had
 * @example
 * const server = await localServer({ port: 0, token: null, routes: (app) => app.get("/", (c) => c.text("here")), defect: console.error });
 * await server.close();
 */
export async function localServer(options: LocalServerOptions): Promise<LocalServer> {
  const { host = "127.0.0.1", token, requestSeconds = 60 } = options;
  if (!isLoopback(host) && token === null)
    throw new UsageError(`${host} can be reached by others; give a token, or stay at 127.0.0.1`);
  const ending = new AbortController();
  let port = options.port;
  const app = application(options, () => port, ending.signal);
  const limit = 1000 * (requestSeconds + slackSeconds);
  const server = await new Promise<Server>((resolve, reject) => {
    const listening = serve(
      {
        fetch: app.fetch,
        ...{ hostname: host, port, overrideGlobalObjects: false },
        serverOptions: {
          requestTimeout: limit,
          headersTimeout: Math.min(limit, 15_000),
          connectionsCheckingInterval: 1000,
        },
      },
      (info) => {
        port = info.port;
        resolve(listening);
      },
    ) as Server;
    listening.once("error", (cause) => reject(listenFailure(host, port, cause)));
  });
  return {
    url: urlOf(host, port),
    port,
    async close(graceSeconds = 30) {
      ending.abort();
      await endConnections(server, graceSeconds);
    },
  };
}
