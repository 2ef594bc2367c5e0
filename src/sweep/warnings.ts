/**
 * What the processes of a sweep warn of. Their output goes to logs that nobody reads while a sweep runs well, and a hundred
 * runs of one data set warn of the same.
 */
import { warningPrefix } from "../core/warning-prefix.js";
import { LogFollower } from "../runs/logs/follow-log.js";

/** A sentence, and the run that said it first. */
export interface Warning {
  readonly run: string;
  readonly text: string;
}

/** Of one run so many are told; its log has the others. */
const mostOfRun = 5;

/** One run's log, from what is written next. */
interface Followed {
  readonly follower: LogFollower;
  readonly log: string;
  told: number;
}

export class Warnings {
  private readonly followed = new Map<string, Followed>();
  private readonly known = new Set<string>();

  /** Follows a run whose first process is about to begin. @param log file that its output is appended to */
  follow(run: string, log: string): void {
    if (this.followed.has(run)) return;
    const follower = new LogFollower(log);
    follower.read();
    this.followed.set(run, { follower, log, told: 0 });
  }

  /** What has been said since the last call, by no run before. */
  take(): Warning[] {
    return [...this.followed].flatMap(([run, followed]) => {
      const { lines } = followed.follower.read();
      const texts = lines
        .filter((line) => line.startsWith(warningPrefix))
        .map((line) => line.slice(warningPrefix.length))
        .filter((text) => !this.known.has(text));
      return this.fresh(followed, texts).map((text) => ({ run, text }));
    });
  }

  private fresh(followed: Followed, texts: readonly string[]): string[] {
    const fresh: string[] = [];
    for (const text of new Set(texts)) {
      this.known.add(text);
      followed.told += 1;
      if (followed.told <= mostOfRun) fresh.push(text);
      if (followed.told === mostOfRun + 1) fresh.push(`more in ${followed.log}`);
    }
    return fresh;
  }
}
