/** What an export costs, in the words of the card and of the command line. */

/** How many points of Dice are lost, or gained. @param lost a share of 1, negative where something is gained */
export function lossText(lost: number, digits: number): string {
  const points = Math.abs(100 * lost).toFixed(digits);
  return `${points} points ${lost < 0 && Number(points) > 0 ? "gained" : "lost"}`;
}
