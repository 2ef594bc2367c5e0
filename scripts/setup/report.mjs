/**
 * What set-up says: one short line per step, rewritten while it works on a terminal, and one sentence when it
 * cannot go on. Nothing here knows what the steps do.
 */

/** Something the machine lacks; the message is one sentence that names the command or setting that mends it. */
export class SetupError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = "SetupError";
  }
}

const secondsBetweenLogLines = 10;

/** Prints the line of one step at a time. */
export class Report {
  #name = "";
  #started = 0;
  #lastLine = 0;

  /** @param stream where lines go; a terminal gets one line rewritten in place, anything else a few whole lines */
  constructor(stream = process.stdout) {
    this.stream = stream;
  }

  /** Opens a step; its time counts from here. */
  begin(name) {
    this.#name = name;
    this.#started = Date.now();
    this.#lastLine = 0;
  }

  /** Says how far the open step is; logs are spared all but one line every ten seconds. */
  progress(text) {
    if (this.stream.isTTY) {
      const columns = this.stream.columns ?? 80;
      this.stream.write(`\r\x1b[K${this.#label()}${text}`.slice(0, columns + 4));
      return;
    }
    if (Date.now() - this.#lastLine < secondsBetweenLogLines * 1000) return;
    this.#lastLine = Date.now();
    this.stream.write(`${this.#label()}${text} ...\n`);
  }

  /** A line of its own inside the open step. */
  note(text) {
    this.#clear();
    this.stream.write(`${this.#label()}${text}\n`);
  }

  /** Closes the step with its result; steps that took a second or more say how long. */
  done(text) {
    this.#clear();
    const seconds = (Date.now() - this.#started) / 1000;
    this.stream.write(`${this.#label()}${text}${seconds >= 1 ? ` (${seconds.toFixed(0)} s)` : ""}\n`);
  }

  /** Another program's own words, as they are. */
  show(text) {
    this.#clear();
    this.stream.write(text.endsWith("\n") ? text : `${text}\n`);
  }

  /** Ends a line that was being rewritten, before an error is printed. */
  interrupt() {
    this.#clear();
  }

  #label() {
    return `${this.#name.padEnd(11)} `;
  }

  #clear() {
    if (this.stream.isTTY) this.stream.write("\r\x1b[K");
  }
}

/** Bytes as "1.2 GB" or "34 MB". */
export function formatBytes(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}
