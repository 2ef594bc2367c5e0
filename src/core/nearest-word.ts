/** Guessing what a mistyped word was meant to be, for the hints in error messages. */

/** Number of single-letter edits between two words; swapping two neighbours is one. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const [before, row] = [rows[i - 1], [i]];
    for (let j = 1; j <= b.length; j++) {
      const replaced = before[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(Math.min(before[j] + 1, row[j - 1] + 1, replaced, swapped ? rows[i - 2][j - 2] + 1 : replaced));
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}

/** The word of `candidates` that `word` was probably meant to be (case ignored), if one is near enough. */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  const distances = candidates.map((candidate) => editDistance(word.toLowerCase(), candidate.toLowerCase()));
  const least = Math.min(...distances);
  return least <= Math.max(1, Math.ceil(word.length / 3) - 1) ? candidates[distances.indexOf(least)] : undefined;
}
