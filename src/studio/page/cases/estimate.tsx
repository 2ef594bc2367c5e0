/** What is estimated of a mask, as a bar from 0 to 1 with its interval. */
import type { PartEstimateShown } from "../../../workflows/studio/shown/cases.js";
import { percent } from "../parts/words.js";

/** `86 % (71 to 94)`, or that nothing is known. */
export function estimateText({ dice, low, high }: PartEstimateShown): string {
  if (dice === null) return "unknown";
  const whole = (share: number) => Math.round(100 * share);
  return `${whole(dice)} % (${whole(low)} to ${whole(high)})`;
}

/** The bar. */
export function EstimateBar({ estimate }: { estimate: PartEstimateShown }) {
  const { part, dice, low, high, doubtful } = estimate;
  return (
    <div class={`estimate ${doubtful ? "doubtful" : ""}`}>
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="whole" x="0" y="2.500" width="100" height="3" rx="1.500" />
        <rect class="range" x={100 * low} y="2.500" width={Math.max(1, 100 * (high - low))} height="3" />
        {dice === null ? null : (
          <rect class="value" x={Math.min(98.5, 100 * dice)} y="0.500" width="1.500" height="7" />
        )}
      </svg>
      <span>
        <bdi class="name">{part}</bdi> {dice === null ? "unknown" : percent(dice)}
        {doubtful ? <span class="doubt-word"> doubtful</span> : null}
      </span>
    </div>
  );
}
