/** Who is asked about the quality of a run's masks: the network, and members whose masks are held against its own. */
import { evenly } from "../../core/evenly.js";
import type { ConventionName } from "../../evaluation/conventions.js";
import { mirrorMembers } from "../../inference/mirror.js";
import type { SegmentationNetwork } from "../../nn/index.js";
import { type Asked, type Member, reverseReference } from "../../quality/observe-case.js";
import { mildScanners, throughScanner } from "../../quality/scanner.js";
import type { NetworkName } from "../../runs/checkpoints/checkpoint-names.js";
import type { Observer } from "../observer.js";
import type { OpenedRun } from "../open-run.js";
import { otherCheckpoints } from "./other-checkpoints.js";

/** Labelled images that reverse classifiers are tried on. */
const referenceCount = 8;

/** Who makes the masks, and who else. */
export interface Voices {
  readonly name: NetworkName;
  /** Makes the masks: the run's network, or an ensemble with it. */
  readonly network: SegmentationNetwork;
  /** Networks of further runs, and in an ensemble that of this one. */
  readonly others: readonly SegmentationNetwork[];
}

/** The student of a teacher, or the other way round; none where there is one network, or several runs are one. */
function counterpart({ networks }: OpenedRun, { name, network }: Voices): SegmentationNetwork | null {
  if (network !== networks[name]) return null;
  return name === "student" ? networks.teacher : networks.student;
}

/** Who is asked, and of which steps the other checkpoints among them are. */
export interface AskedRun {
  readonly asked: Asked;
  readonly checkpoints: readonly number[];
}

/** @throws DataError when a labelled image cannot be decoded */
export async function askedOf(run: OpenedRun, voices: Voices, observer: Observer): Promise<AskedRun> {
  const { dataset, cache, split, patch, device, precision, normalisation } = run;
  const { network, others } = voices;
  const teacher = counterpart(run, voices);
  const isAlone = network === run.networks[voices.name];
  const checkpoints = isAlone ? await otherCheckpoints(run, voices.name, observer) : [];
  const members: Member[] = [
    ...mirrorMembers(network).map((one): Member => ({ kind: "mirror", network: one })),
    ...(teacher ? [{ kind: "teacher", network: teacher } as const] : []),
    ...mildScanners(dataset.channels).map(
      (scanner): Member => ({
        ...{ kind: "appearance", network },
        see: (decoded) => throughScanner(decoded, scanner, null, normalisation),
      }),
    ),
    ...checkpoints.map((one): Member => ({ kind: "checkpoint", network: one.network })),
    ...others.map((one): Member => ({ kind: "other", network: one })),
  ];
  const references = [];
  for (const one of evenly(split.labelled, referenceCount))
    references.push(reverseReference(await cache.get(one), dataset, patch, one.subject));
  const convention = run.config.evaluation.convention as ConventionName;
  return {
    asked: { network, members, references, convention, device, precision, normalisation, patch },
    checkpoints: checkpoints.map(({ step }) => step),
  };
}
