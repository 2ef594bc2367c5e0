/** Who a request says it speaks to, and where the page lies that sends it. */
import { isIP } from "node:net";

/** Whether only programs on this machine reach an address. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (name === "localhost" || name === "::1") return true;
  return isIP(name) === 4 && name.startsWith("127.");
}

/** The address of a server as links have it. */
export function urlOf(host: string, port: number): string {
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

const authority = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::\d{1,5})?$/i;

/** The name in a Host header, without its port; undefined where it is none. */
export function hostName(header: string | undefined): string | undefined {
  return authority.exec(header ?? "")?.[1].toLowerCase();
}

/** Whether a page lies on the server that its request goes to. @param origin as browsers send it, which may be `null` */
export function isSameOrigin(origin: string, hostHeader: string): boolean {
  try {
    const { protocol, host } = new URL(origin);
    return (protocol === "http:" || protocol === "https:") && host === new URL(`${protocol}//${hostHeader}`).host;
  } catch {
    return false;
  }
}
