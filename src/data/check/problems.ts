/** What a check can find, in the words a user reads. */

/** `error`: training or evaluation would fail or mislead; `warning`: worth a look. */
export interface Problem {
  readonly severity: "error" | "warning";
  /** One sentence that names the file or the case. */
  readonly message: string;
}

export function error(message: string): Problem {
  return { severity: "error", message };
}

export function warning(message: string): Problem {
  return { severity: "warning", message };
}
