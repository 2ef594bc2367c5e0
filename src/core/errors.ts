/**
 * Errors a user can act on. Each message is one sentence: what is wrong, where, and what to do.
 * The exit codes are part of the command line's contract (README, "Exit codes").
 */

/** Exit code of the command line for each kind of failure. */
export const exitCodes = {
  internal: 1,
  usage: 2,
  data: 3,
  checkpoint: 4,
  numeric: 5,
  resource: 6,
  peer: 7,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** Base of every error that is the caller's or the machine's doing rather than a defect of dimseg. */
export class DimsegError extends Error {
  /** @param exitCode what the command line exits with when this error ends it */
  constructor(
    message: string,
    readonly exitCode: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A wrong command line, configuration key or value, or argument of a library function. */
export class UsageError extends DimsegError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, exitCodes.usage, options);
  }
}

/** A missing, broken or contradictory input file. */
export class DataError extends DimsegError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, exitCodes.data, options);
  }
}

/** A checkpoint or weight file that cannot be used. */
export class CheckpointError extends DimsegError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, exitCodes.checkpoint, options);
  }
}

/** A NaN or infinity where training cannot go on. */
export class NumericError extends DimsegError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, exitCodes.numeric, options);
  }
}

/** The machine refused: disk full, no permission, folder in use, out of memory. */
export class ResourceError extends DimsegError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, exitCodes.resource, options);
  }
}

/** Another process of a training that several share has ended, or cannot be reached. */
export class PeerError extends DimsegError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, exitCodes.peer, options);
  }
}
