/**
 * The two files of an evaluation, `cases.csv` and `summary.json`. The summary holds the hash of the cases, so that the
 * two are never read from different evaluations, and the hashes of what was judged, so that results on other images or
 * masks are not taken for the same.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { DataError } from "../core/errors.js";
import { writeFilesAtomic } from "../core/files/atomic-file.js";
import { readFailureReason } from "../core/files/read-file.js";
import { refuseLinks } from "../core/files/refuse-links.js";
import { sha256 } from "../core/sha256.js";

/** The files of a judged case: its name as domain/split/id, and the SHA-256 of its image and mask. */
export const judgedCase = z.object({ case: z.string(), image: z.string(), mask: z.string() });
export type JudgedCase = z.output<typeof judgedCase>;

/** What an evaluation consists of, as text. */
export interface EvaluationTexts {
  summary: string;
  cases: string;
}

const casesName = "cases.csv";
const summaryName = "summary.json";

/** Of a summary, what ties it to its cases; evaluations of the first versions lack it. */
const tie = z.object({ files: z.object({ [casesName]: z.string() }).optional() });

/** Of a summary, what tells whether another was made of the same weights and files. */
const occasion = z.object({ checkpoint: z.object({ step: z.int() }), judged: z.array(judgedCase).optional() });

/** What an evaluation of a run's own test cases answers. */
export interface EvaluationQuestion {
  readonly checkpoint: string;
  readonly network: string;
  /** The grid that is judged; default "network". */
  readonly at?: "network" | "native" | undefined;
  /** Of the distances; default "pixels". */
  readonly units?: "pixels" | "mm" | undefined;
}

/** What its folder is called where nothing but the usual metrics is measured, by the run's convention. */
export function evaluationName({ checkpoint, network, at, units }: EvaluationQuestion): string {
  return [checkpoint, network, ...(at === "native" ? [at] : []), ...(units === "mm" ? [units] : [])].join("-");
}

/** What the name goes on with where further metrics are measured. */
const furtherName = /^(-nsd[\d.e+-]+)?(-volumes)?(-lesions)?$/;

function occasionOf(folder: string): { step: number; files: string } | null {
  try {
    const { checkpoint, judged } = occasion.parse(JSON.parse(readFileSync(join(folder, summaryName), "utf8")));
    return { step: checkpoint.step, files: JSON.stringify(judged ?? null) };
  } catch {
    return null;
  }
}

/**
 * The folder that answers a question with the most metrics: the plain one, or one with further metrics that was made of
 * the same weights, images and masks; where there is no plain one, the one of the highest step. Nothing says which of
 * others is newer.
 * @param folder of all evaluations of a run
 * @returns the plain one's where there is none
 */
export function evaluationFolder(folder: string, question: EvaluationQuestion): string {
  const plain = evaluationName(question);
  const names = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder).sort() : [];
  const kept = names
    .filter((name) => name.startsWith(plain) && furtherName.test(name.slice(plain.length)))
    .flatMap((name) => {
      const made = occasionOf(join(folder, name));
      return made ? [{ name, metrics: name.split("-").length, ...made }] : [];
    });
  const own = kept.find(({ name }) => name === plain);
  const alike = own
    ? kept.filter(({ step, files }) => step === own.step && files === own.files)
    : existsSync(join(folder, plain))
      ? []
      : kept;
  const best = alike.sort((a, b) => b.step - a.step || b.metrics - a.metrics)[0];
  return join(folder, best?.name ?? plain);
}

/** The keys of `summary.json` that tell what it belongs to. */
export function provenance(cases: string, judged: readonly JudgedCase[]) {
  return { files: { [casesName]: sha256(cases) }, judged };
}

/** Writes both files, or neither. @throws ResourceError when they cannot be written; UsageError when the folder is a link */
export function writeEvaluation(folder: string, { summary, cases }: EvaluationTexts): void {
  refuseLinks(dirname(folder), [basename(folder)]);
  writeFilesAtomic([
    [join(folder, casesName), cases],
    [join(folder, summaryName), summary],
  ]);
}

/**
 * Reads both files.
 * @returns null when one is missing
 * @throws DataError when one cannot be read, or they are not of one evaluation
 */
export function readEvaluation(folder: string): EvaluationTexts | null {
  const paths = [summaryName, casesName].map((name) => join(folder, name));
  if (!paths.every((path) => existsSync(path))) return null;
  const [summary, cases] = paths.map((path) => {
    try {
      return readFileSync(path, "utf8");
    } catch (cause) {
      throw new DataError(`cannot read ${path}: ${readFailureReason(cause)}`, { cause });
    }
  });
  const hash = hashIn(summary);
  if (hash !== undefined && hash !== sha256(cases)) {
    throw new DataError(
      `${folder}: ${summaryName} and ${casesName} are not of one evaluation; run \`dimseg evaluate\` again`,
    );
  }
  return { summary, cases };
}

/** What a summary says of its cases; whoever parses all of it says what is wrong with it otherwise. */
function hashIn(summary: string): string | undefined {
  try {
    return tie.parse(JSON.parse(summary)).files?.[casesName];
  } catch {
    return undefined;
  }
}
