/** What other programs say of the machine. */
import { execFileSync } from "node:child_process";

/** What a program prints, or "" when it is missing, fails or takes longer than five seconds. */
export function outputOf(command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 5000 });
  } catch {
    return "";
  }
}
