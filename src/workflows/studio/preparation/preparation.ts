/**
 * From a folder of images to a training: what lies in it, its description once a person has agreed, and a plan. Nothing that
 * is there already is replaced.
 */
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { UsageError } from "../../../core/errors.js";
import { loadDataset } from "../../../data/dataset.js";
import { type Inspection, inspectFolder } from "../../../data/inspect/inspect.js";
import { writeDatasetYaml } from "../../../data/inspect/write-yaml.js";
import { idOf } from "../run-overview.js";
import type { DescribedDataset, FolderProposal, Looked, PlanShown } from "../shown/preparation.js";
import type { Trainings } from "../trainings.js";
import { readingsOf, shownReading } from "./readings.js";
import { type DescriptionAnswers, renamed } from "./renamed.js";

/** What a plan is made for. */
export interface PlanWanted {
  /** The data set's file, from the studio's folder. */
  readonly file: string;
  readonly minutes: number;
  /** Name of the domain that labels come from. */
  readonly labelled: string;
}

/** Where a planned configuration lies, and where it would be trained. */
export interface PlannedRun {
  readonly config: string;
  readonly folder: string;
}

export class Preparation {
  private readonly found = new Map<string, Inspection>();
  private readonly plans = new Map<string, PlannedRun>();

  /** @param root the studio's folder, absolute */
  constructor(
    private readonly root: string,
    private readonly trainings: Trainings,
  ) {}

  /**
   * Looks at a folder of images, or at the file that describes one.
   * @param text a path from the studio's folder, or an absolute one below it
   * @throws UsageError for a path that is not there or leads elsewhere; DataError as inspecting and opening do
   */
  async look(text: string): Promise<Looked> {
    const path = this.below(text);
    if (!statSync(path).isDirectory()) return this.described(path);
    const file = join(path, "dataset.yaml");
    if (existsSync(file)) return this.described(file);
    const inspection = await inspectFolder(path);
    this.found.set(path, inspection);
    return this.proposal(path, inspection);
  }

  /**
   * Writes the description of a folder that was looked at.
   * @throws UsageError where it was not, for names that do not do, and where a file is there already
   */
  describe(folder: string, answers: DescriptionAnswers): DescribedDataset {
    const path = this.below(folder);
    const inspection = this.found.get(path);
    if (!inspection) throw new UsageError(`${folder} has to be looked at first`);
    const file = join(path, "dataset.yaml");
    writeDatasetYaml(renamed(inspection, answers, relative(this.root, file)), path, file, false);
    this.found.delete(path);
    return this.described(file);
  }

  /** Plans a training of a data set. @returns what stands for the plan. @throws UsageError for a path that leads elsewhere */
  plan({ file, minutes, labelled }: PlanWanted): PlanShown {
    const dataset = this.below(file);
    const planned = this.freePlace(basename(dirname(dataset)));
    const id = idOf(planned.config);
    const words = ["plan", dataset, "--minutes", String(minutes), "--labelled", labelled, "--out", planned.config];
    this.trainings.plan(planned.config, id, words);
    this.plans.set(id, planned);
    return this.planOf(id);
  }

  /** @throws UsageError for an id that stands for no plan */
  placeOf(id: string): PlannedRun {
    const planned = this.plans.get(id);
    if (planned) return planned;
    throw new UsageError("there is no such plan (any more); plan it again");
  }

  /** How a plan stands. @throws UsageError as {@link placeOf} */
  planOf(id: string): PlanShown {
    const { config } = this.placeOf(id);
    const standing = this.trainings.standingOf(`plan ${config}`);
    const planning = standing !== undefined && standing.state !== "ended";
    const text = !planning && existsSync(config) ? readFileSync(config, "utf8") : null;
    const failure = planning || text !== null ? null : (standing?.failure ?? "it was stopped");
    return { id, planning, failure, file: relative(this.root, config), text };
  }

  /** The absolute path of what lies below the studio's folder, wherever links lead. */
  private below(text: string): string {
    const path = resolve(this.root, text.trim());
    if (text.includes("\0") || !existsSync(path))
      throw new UsageError(`${text} is not there; give a path from the studio's folder`);
    const place = relative(realpathSync(this.root), realpathSync(path));
    if (place.split(sep)[0] === "..")
      throw new UsageError(`${text} does not lie below the studio's folder; start the studio on a folder above both`);
    return path;
  }

  private described(path: string): DescribedDataset {
    const domains = loadDataset(path).domains.map((domain) => {
      const training = domain.cases("train");
      const masks = training.filter((one) => one.maskPath !== undefined).length;
      return { name: domain.name, training: training.length, masks };
    });
    return { kind: "described", file: relative(this.root, path), domains };
  }

  private proposal(path: string, { file, guesses, splits }: Inspection): FolderProposal {
    const { question } = file;
    return {
      kind: "proposal",
      ...{ folder: relative(this.root, path) || ".", file: relative(this.root, join(path, "dataset.yaml")) },
      ...{ guesses, splits, domains: file.domains.map(({ name }) => name) },
      ask: question?.ask ?? null,
      readings: readingsOf(file).map((one, i) => shownReading(one, question?.choices[i].means ?? null)),
    };
  }

  /** `NAME.yaml` and `runs/NAME`, or the first number after it of which neither is there, nor planned. */
  private freePlace(name: string): PlannedRun {
    const taken = new Set([...this.plans.values()].map(({ config }) => config));
    for (let i = 1; ; i++) {
      const own = i === 1 ? name : `${name}-${i}`;
      const [config, folder] = [join(this.root, `${own}.yaml`), join(this.root, "runs", own)];
      if (!existsSync(config) && !existsSync(folder) && !taken.has(config)) return { config, folder };
    }
  }
}
