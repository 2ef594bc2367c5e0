/** What a person should know before training as planned. */
import { counted } from "../core/counted.js";
import type { Dataset } from "../data/dataset.js";
import { frameText } from "../grid/frame.js";
import { chosenResolution, minutesAre, type PlanFacts, percentText, survives } from "./choices.js";
import { squeezed } from "./frames.js";

/** From so many programs a core on a machine is busy. */
const busy = 1.25;

/** Pictures: the least that presets label; volumes: studies/volumes. */
const fewLabels = { pictures: 10, volumes: 4 };

/** A part of which a perfect prediction would lose much at the chosen size. */
function lostParts(facts: PlanFacts): string[] {
  const chosen = chosenResolution(facts);
  const size = chosen.frame ? frameText(chosen.frame) : "the data set's resample";
  return chosen.parts.flatMap((one) => {
    if (one.cases === 0 || (one.mean >= survives && one.vanished === 0)) return [];
    const gone =
      one.vanished > 0 ? `, and nothing is left of it in ${one.vanished} of ${counted(one.cases, "case")}` : "";
    return [
      `${one.part} is too fine for ${size}: a perfect prediction has a Dice of ${percentText(one.mean)} on average, ` +
        `${percentText(one.worst)} in the worst case (${one.worstCase})${gone}`,
    ];
  });
}

/** Parts that no mask that is trained with shows. */
function missingParts({ fingerprint, labels }: PlanFacts, dataset: Dataset): string[] {
  const learnt = new Set(labels.split.labelled);
  const cases = fingerprint.cases.filter((one) => learnt.has(one.case));
  const missing = dataset.parts.filter((_, p) => cases.every(({ parts }) => (parts?.[p].share ?? 0) === 0));
  if (missing.length === 0 || cases.length === 0) return [];
  const names = missing.map(({ name }) => name).join(" and ");
  return [
    `no labelled case of ${labels.domain} shows ${names}, so ${missing.length === 1 ? "it" : "they"} cannot be learnt`,
  ];
}

function farDomains({ fingerprint, labels }: PlanFacts): string[] {
  const far = fingerprint.domains.filter((one) => one.isFar);
  if (far.length === 0) return [];
  const named = far.map(({ name, distance }) => `${name} (${distance.toFixed(0)})`).join(", ");
  return [
    `unlike the labelled images of ${labels.domain} in their grey levels, further from them than half of these are from their ` +
      `own mean (${fingerprint.ownSpread.toFixed(0)} of 255): ${named}; look there first (\`dimseg estimate\`, report)`,
  ];
}

function fewLabelled({ labels }: PlanFacts, { slices }: Dataset): string[] {
  const wanted = slices ? fewLabels.volumes : fewLabels.pictures;
  if (labels.count >= wanted) return [];
  return [
    `${counted(labels.count, "labelled case")} ${labels.count === 1 ? "is" : "are"} few; from ${wanted} on results are steadier`,
  ];
}

function squeezedImages({ fingerprint, climb }: PlanFacts, { path }: Dataset): string[] {
  const { frame } = climb.chosen.rung;
  if (!frame) return [];
  const { images, most } = squeezed(fingerprint.cases, frame);
  if (images === 0) return [];
  return [
    `${counted(images, "image")} of ${fingerprint.cases.length} ${images === 1 ? "is" : "are"} squeezed by more than 10 % to ` +
      `${frameText(frame)}, at most ${most.toFixed(2)} times; mode: pad under resize in ${path} keeps their shape`,
  ];
}

/** Voxels of other sizes from volume to volume are other structures to a network of volumes. */
function unevenSpacing({ fingerprint, climb }: PlanFacts, { slices, path }: Dataset): string[] {
  if (!climb.chosen.rung.patch || slices?.resample) return [];
  const spacings = fingerprint.cases.flatMap(({ spacing }) => (spacing ? [spacing] : []));
  const ratio = [0, 1, 2].map((axis) => {
    const along = spacings.map((one) => one[axis]);
    return Math.max(...along) / Math.min(...along);
  });
  if (!ratio.some((one) => one > 1.5)) return [];
  return [
    `voxels are up to ${Math.max(...ratio).toFixed(1)} times as large in one volume as in another; resample in ${path} makes them alike`,
  ];
}

function shortTime({ climb, minutes, schedule, before }: PlanFacts): string[] {
  if (climb.isEnough) return [];
  const { rung, rehearsal } = climb.chosen;
  const needed = Math.ceil((rung.needs * rehearsal.stepSeconds + schedule.stops * rehearsal.stopSeconds + before) / 57);
  return [
    `${minutesAre(minutes)} enough for ${counted(schedule.iterations, "step")} on this machine; below ${rung.needs} little is learnt, ` +
      `so give at least ${needed}`,
  ];
}

/** Times of a machine that others use hold as long as they do. */
function busyMachine({ load: { programs, cores } }: PlanFacts): string[] {
  if (programs <= busy * cores) return [];
  return [
    `other programs use this machine (${programs.toFixed(1)} on ${counted(cores, "core")}), and times are as slow as they were ` +
      "measured beside them; plan again when it is quiet",
  ];
}

/** All of them, the gravest first. */
export function warningsOf(facts: PlanFacts, dataset: Dataset): string[] {
  return [
    ...busyMachine(facts),
    ...shortTime(facts),
    ...missingParts(facts, dataset),
    ...lostParts(facts),
    ...fewLabelled(facts, dataset),
    ...farDomains(facts),
    ...squeezedImages(facts, dataset),
    ...unevenSpacing(facts, dataset),
  ];
}
