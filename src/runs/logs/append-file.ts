/**
 * A file that only grows, except when a resumed run cuts it back to where its checkpoint was made.
 * Appending is all or nothing: a record that did not fit on the disk is taken back.
 */
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { CheckpointError } from "../../core/errors.js";
import { syncFolder, writeFailure } from "../../core/files/atomic-file.js";

/** An open append-only file. */
export class AppendFile {
  private readonly handle: number;
  private end: number;

  /** Opens or creates `path`. @throws ResourceError when that is not possible */
  constructor(readonly path: string) {
    try {
      this.handle = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o666);
      this.end = fstatSync(this.handle).size;
      if (this.end === 0) syncFolder(dirname(path));
    } catch (cause) {
      throw writeFailure(path, cause);
    }
  }

  /** Length in bytes, everything appended included. */
  get offset(): number {
    return this.end;
  }

  /** Appends `bytes`. @throws ResourceError when they cannot be written; the file is then as before */
  append(bytes: Uint8Array): void {
    try {
      let done = 0;
      while (done < bytes.length) {
        done += writeSync(this.handle, bytes, done, bytes.length - done, this.end + done);
      }
      this.end += bytes.length;
    } catch (cause) {
      ftruncateSync(this.handle, this.end);
      throw writeFailure(this.path, cause);
    }
  }

  /** Bytes `from` … `to` − 1. */
  read(from: number, to: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, to - from));
    return bytes.subarray(0, readSync(this.handle, bytes, 0, bytes.length, from));
  }

  /**
   * Cuts the file to its first `offset` bytes.
   * @throws CheckpointError when the file is shorter than that
   */
  truncateTo(offset: number): void {
    if (offset > this.end) {
      throw new CheckpointError(
        `${this.path} is ${this.end} bytes long but had ${offset} when the checkpoint was made; restore the file from a copy`,
      );
    }
    try {
      ftruncateSync(this.handle, offset);
      this.end = offset;
    } catch (cause) {
      throw writeFailure(this.path, cause);
    }
  }

  /** Makes everything appended survive a power cut. */
  sync(): void {
    try {
      fsyncSync(this.handle);
    } catch (cause) {
      throw writeFailure(this.path, cause);
    }
  }

  /** Closes the file; call once. */
  close(): void {
    closeSync(this.handle);
  }
}
