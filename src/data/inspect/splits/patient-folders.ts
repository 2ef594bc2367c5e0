/** Folders of patients, each with images of one subject: together they are one domain. */
import { groupBy } from "../../../core/group-by.js";
import type { SubjectRuleInput } from "../../schema.js";
import type { ImageGroup } from "../pairing/grouping.js";
import { domainOf } from "../pairing/places.js";
import { arePatients } from "../patient-names.js";
import type { DividedGroup } from "./divided-group.js";
import { listedCases } from "./listed-cases.js";
import { refuseManyDomains } from "./many-domains.js";

/** Groups in which patients are no domains. */
export interface PatientFolders {
  readonly groups: readonly DividedGroup[];
  /** The domains that hold patients' folders, and what tells the patient in their ids; undefined where none does. */
  readonly patients?: { readonly domains: ReadonlySet<string>; readonly rule: SubjectRuleInput };
}

/** A domain's name as the folder above and the folder itself. */
function apart(domain: string): { above: string; folder: string } {
  const at = domain.lastIndexOf("/");
  return { above: domain.slice(0, Math.max(0, at)), folder: domain.slice(at + 1) };
}

/** What stands between a patient and an image in an id, and in the name of no patient. */
function separatorOf(folders: readonly string[]): string {
  let separator = "__";
  while (folders.some((folder) => `${folder}_`.includes(separator))) separator += "_";
  return separator;
}

function toldText(above: string, folders: readonly string[], separator: string): string {
  const [first, second] = folders;
  return (
    `the ${folders.length} folders ${first}, ${second}${folders.length > 2 ? ", ..." : ""}${above && ` of ${above}`} are taken for ` +
    `patients of one domain, not for domains; a case is PATIENT${separator}IMAGE and a subject what stands before ${separator}`
  );
}

/** The groups of one split of one domain as one list of cases; null where two would have the same id. */
function listed(groups: readonly ImageGroup[], domain: string, root: string, separator: string): DividedGroup | null {
  const cases = groups.flatMap(({ domain: own, source }) =>
    listedCases(source, root, ({ id }) => `${apart(own).folder}${separator}${id}`),
  );
  if (new Set(cases.map(({ id }) => id)).size < cases.length) return null;
  return { domain, split: groups[0].split, place: apart(groups[0].place).above, source: { cases } };
}

/**
 * Puts the folders of patients together. Where images lie beside these folders, too, they stay what they are.
 * @param guesses receives a sentence where there are some
 * @throws DataError where more domains are left than any set has
 */
export function gatherPatients(groups: readonly ImageGroup[], root: string, guesses: string[]): PatientFolders {
  const found = gathered(groups, root, guesses);
  refuseManyDomains(root, found.groups);
  return found;
}

function gathered(groups: readonly ImageGroup[], root: string, guesses: string[]): PatientFolders {
  const names = new Set(groups.map(({ domain }) => domain));
  const byAbove = groupBy([...names], (domain) => apart(domain).above);
  const separator = separatorOf([...names].map((domain) => apart(domain).folder));
  const together = new Map<string, DividedGroup[]>();
  const domains = new Set<string>();
  for (const [above, own] of byAbove) {
    const folders = own.map((domain) => apart(domain).folder);
    if (names.has(above) || !arePatients(folders)) continue;
    const domain = above || domainOf({ rest: [], detail: "" }, root);
    const bySplit = [
      ...groupBy(
        groups.filter((group) => own.includes(group.domain)),
        ({ split }) => split,
      ).values(),
    ];
    const lists = bySplit.map((some) => listed(some, domain, root, separator));
    if (!lists.every((list) => list !== null)) continue;
    together.set(above, lists);
    domains.add(domain);
    guesses.push(toldText(above, folders, separator));
  }
  if (domains.size === 0) return { groups };
  const rest = groups.filter(({ domain }) => !together.has(apart(domain).above));
  return { groups: [...rest, ...[...together.values()].flat()], patients: { domains, rule: { before: separator } } };
}
