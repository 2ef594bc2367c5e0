/** Trainings in processes of their own: the studio begins them, sees how they end, and can ask them to stop. */
import { join } from "node:path";
import { UsageError } from "../../core/errors.js";
import { isRunInUse } from "../../runs/run-lock.js";
import { Children } from "../../sweep/child.js";

/** How a training that this studio began stands. */
export interface TrainingStanding {
  readonly state: "working" | "stopping" | "ended";
  /** Why it failed; null where it did not. */
  readonly failure: string | null;
}

interface Training extends TrainingStanding {
  readonly children: Children;
  readonly end: Promise<void>;
}

/** Exit codes of a training that saved and stopped because it was told to. */
const stopped: readonly (number | null)[] = [0, 130, 143];

export class Trainings {
  private readonly all = new Map<string, Training>();

  /**
   * @param commandLine what trainings are started with, as `["node", "main.js"]`
   * @param logs folder that what they print is kept in
   */
  constructor(
    private readonly commandLine: readonly string[],
    private readonly logs: string,
  ) {}

  /** How the last training of a run's folder stands; undefined where there was none. */
  standingOf(folder: string): TrainingStanding | undefined {
    return this.all.get(folder);
  }

  /**
   * Goes on with a run.
   * @param id plain name of its log
   * @throws UsageError when somebody trains it already
   */
  resume(folder: string, id: string): void {
    this.start(folder, id, ["train", "--resume", folder]);
  }

  /**
   * Trains a configuration into a folder that does not exist yet.
   * @throws UsageError when that is under way already
   */
  begin(config: string, folder: string, id: string): void {
    this.start(folder, id, ["train", config, "--out", folder]);
  }

  /**
   * Estimates the quality of a run's masks; it stands as `estimate FOLDER`.
   * @throws UsageError when that is under way already
   */
  estimate(folder: string, id: string): void {
    this.begun(`estimate ${folder}`, `${id}-estimate`, ["estimate", folder]);
  }

  /**
   * Chooses images to label next; it stands as `suggest FOLDER`.
   * @throws UsageError when that is under way already
   */
  suggest(folder: string, id: string, count: number): void {
    this.begun(`suggest ${folder}`, `${id}-suggest`, ["suggest", folder, "--count", String(count)]);
  }

  /**
   * Plans a configuration; it stands as `plan FILE`.
   * @throws UsageError when that is under way already
   */
  plan(file: string, id: string, words: readonly string[]): void {
    this.begun(`plan ${file}`, `${id}-plan`, words);
  }

  /**
   * Exports a run's network; it stands as `export FOLDER`.
   * @throws UsageError when that is under way already
   */
  export(folder: string, id: string): void {
    this.begun(`export ${folder}`, `${id}-export`, ["export", folder]);
  }

  /** Asks a training to save and stop. @throws UsageError when this studio does not train the run */
  stop(folder: string): void {
    const training = this.all.get(folder);
    if (!training || training.state === "ended")
      throw new UsageError(`${folder} is not trained by this studio; stop it where it was started`);
    training.children.signal("SIGTERM");
    this.all.set(folder, { ...training, state: "stopping" });
  }

  /** Asks all to save and stop, and waits until they have. */
  async stopAll(): Promise<void> {
    for (const [folder, { state }] of this.all) if (state === "working") this.stop(folder);
    await Promise.all([...this.all.values()].map(({ end }) => end));
  }

  private start(folder: string, id: string, words: readonly string[]): void {
    if (isRunInUse(folder)) throw new UsageError(`${folder} is being trained already; wait for it to end, or stop it`);
    this.begun(folder, id, words);
  }

  private begun(key: string, log: string, words: readonly string[]): void {
    const before = this.all.get(key);
    if (before && before.state !== "ended") throw new UsageError(`${key} is under way already; wait for it to end`);
    const children = new Children(this.commandLine);
    const end = children.run(words, join(this.logs, `${log}.log`)).then(
      ({ code, error }) => this.ended(key, stopped.includes(code) ? null : error),
      (error: Error) => this.ended(key, error.message),
    );
    this.all.set(key, { children, end, state: "working", failure: null });
  }

  private ended(key: string, failure: string | null): void {
    const training = this.all.get(key) as Training;
    this.all.set(key, { ...training, state: "ended", failure });
  }
}
