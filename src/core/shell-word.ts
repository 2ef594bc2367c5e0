/** Paths in commands that a person is told to paste. */

/** A path as one word of a POSIX shell: as it is where that is plain, else in single quotes. */
export function shellWord(text: string): string {
  return /^[\p{L}\p{N}_./+:@%=,-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A program and its arguments as one command of a POSIX shell. */
export function shellCommand(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}
