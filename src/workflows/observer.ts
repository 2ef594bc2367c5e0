/**
 * A verb without a console: it takes plain values, tells an observer what happens while it works, and returns plain
 * values. The command line prints what a page would stream.
 */

/** Who watches a verb. */
export interface Observer {
  /** Something that a person should know and that does not end the work. */
  warn(message: string): void;
  /**
   * How far a part of the work is.
   * @param what names the part, such as "decoding"; another name begins another part
   * @param done of `total` steps, 0 to `total`
   */
  progress(what: string, done: number, total: number): void;
  /** Whether to stop at the next place where nothing is left half done; never unless given. */
  stopRequested?(): boolean;
}

/** What every verb is. */
export type Workflow<In, Out, Watcher extends Observer = Observer> = (input: In, observer: Watcher) => Promise<Out>;
