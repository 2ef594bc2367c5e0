/** What a person sees of a training run in the terminal. */
import { splitText } from "../../data/split-text.js";
import type { MetricRecord } from "../../runs/logs/metrics-log.js";
import type { Ending } from "../../training/pace.js";
import type { RunObserver } from "../../training/run.js";
import { createProgress, formatDuration, type Progress } from "./progress.js";
import { warn } from "./warn.js";

/** A share as text for people. */
export function percent(value: unknown): string {
  if (typeof value !== "number") return "";
  return Number.isNaN(value) ? "undefined" : `${(100 * value).toFixed(1)} %`;
}

function validationLine(record: MetricRecord): string {
  const of = (key: string) => record[key];
  const parts = [
    ["validation Dice", of("validation.student.dice")],
    ["teacher", of("validation.teacher.dice")],
    ["test Dice", of("test.student.dice")],
  ].flatMap(([label, value]) => (value === undefined ? [] : [`${label} ${percent(value)}`]));
  return parts.join(", ");
}

/** `ends at about 14:32, in 23 min 10 s`, with the day where it is another one. */
export function endingText({ secondsLeft, stepSeconds, stopSeconds, isCorrection }: Ending, now = new Date()): string {
  const end = new Date(now.getTime() + 1000 * secondsLeft);
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = `${two(end.getHours())}:${two(end.getMinutes())}`;
  const day = `${end.getFullYear()}-${two(end.getMonth() + 1)}-${two(end.getDate())}`;
  const when = end.toDateString() === now.toDateString() ? clock : `${day} ${clock}`;
  const each = `${stepSeconds.toPrecision(2)} s a step, ${stopSeconds.toPrecision(2)} s each time it validates and saves`;
  return `ends at about ${when}, in ${formatDuration(1000 * secondsLeft)} (${isCorrection ? "corrected: " : ""}${each})`;
}

/** Shows a run in the terminal; call `finish` at the end, also after a failure. */
export function createTrainingDisplay(stopRequested: () => boolean): RunObserver & { finish(): void } {
  let training: Progress | undefined;
  let decoding: Progress | undefined;
  return {
    warn,
    stopRequested,
    decoding(done, cases) {
      decoding ??= createProgress({ label: "decoding", total: cases, from: done });
      decoding.update(done);
      if (done < cases) return;
      decoding.finish();
      decoding = undefined;
    },
    begun(run, session, { iteration }, ahead) {
      const { config, split, device, precision, usesUnlabelled } = session;
      // Begun here, so that the first step's own time is in its rate.
      training = createProgress({ label: "training", total: config.training.iterations, from: iteration });
      console.log(`run folder: ${run.path}`);
      const unused = usesUnlabelled || split.unlabelled.length === 0 ? "" : " (no unlabelled image is used)";
      console.log(
        `${config.method.name} with ${config.optimizer.name}, ${splitText(split)}${unused}, ${precision} on ${device}`,
      );
      console.log(ahead);
      const { initial } = config;
      if (initial && iteration === 0)
        console.log(`begins with the ${initial.network} of ${initial.run}, ${initial.checkpoint}`);
      if (iteration > 0) console.log(`resuming after step ${iteration}`);
    },
    step(done, note) {
      training?.update(done, note);
    },
    validation(iteration, record) {
      const line = validationLine(record);
      if (line !== "") console.log(`step ${iteration}: ${line}`);
    },
    ending: (ending) => console.log(endingText(ending)),
    finish() {
      for (const progress of [decoding, training]) progress?.finish();
      decoding = undefined;
      training = undefined;
    },
  };
}
