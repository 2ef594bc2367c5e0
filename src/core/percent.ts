/** A probability in words: `90 %`, without the digits that binary fractions leave behind (100 · 0.57 is 56.99999999999999). */
export function probabilityText(probability: number): string {
  return `${Number((100 * probability).toPrecision(12))} %`;
}
