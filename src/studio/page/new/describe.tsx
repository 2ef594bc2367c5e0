/** What was found in a folder, to be corrected and agreed to. */
import { useState } from "preact/hooks";
import type { DescribedDataset, FolderProposal, ReadingShown } from "../../../workflows/studio/shown/preparation.js";
import { Problem } from "../parts/notice.js";
import { post } from "../parts/server.js";

function Found({ splits, guesses }: FolderProposal) {
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <section class="scroll" tabIndex={0} aria-label="Images that were found">
        <table>
          <thead>
            <tr>
              {["Domain", "Split", "Images", "Masks", "Sizes", "Values of masks"].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {splits.map(({ domain, split, images, masks, sizes, values }) => (
              <tr key={`${domain}/${split}`}>
                <th scope="row" class="name">
                  {domain}
                </th>
                <td>{split === "train" ? "training" : split}</td>
                <td>{images}</td>
                <td>{masks}</td>
                <td>{sizes}</td>
                <td>{values}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <h3>Guessed, so please read</h3>
      <ul class="guesses">
        {guesses.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </>
  );
}

/** Names that may be changed. @param known names to choose from, by the id of their list */
function Names({
  names,
  labels,
  known,
  change,
}: {
  names: readonly string[];
  labels: readonly string[];
  known?: string;
  change: (names: string[]) => void;
}) {
  return (
    <div class="names">
      {labels.map((label, i) => (
        <label key={label}>
          {label}
          <input
            required
            maxLength={80}
            autocomplete="off"
            list={known}
            value={names[i]}
            onInput={(event) => {
              const { value } = event.currentTarget;
              change(names.map((name, at) => (at === i ? value : name)));
            }}
          />
        </label>
      ))}
    </div>
  );
}

/** What masks mean: a class for each of their values, or a name for each class. */
function Meaning({
  reading: { named, rows },
  names,
  change,
}: {
  reading: ReadingShown;
  names: readonly string[];
  change: (names: string[]) => void;
}) {
  if (named === "classes")
    return (
      <fieldset>
        <legend>Names of the classes</legend>
        <Names
          names={names}
          labels={rows.map(({ mark, name }) => (mark === "" ? name : `${name} (${mark})`))}
          change={change}
        />
      </fieldset>
    );
  const known = [...new Set(["background", ...names])].filter((name) => name !== "");
  return (
    <fieldset>
      <legend>What the values of the masks mean</legend>
      <Names names={names} labels={rows.map(({ mark }) => mark)} known="class-names" change={change} />
      <datalist id="class-names">
        {known.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <p class="note">Values with one name are one class; background belongs to no class.</p>
    </fieldset>
  );
}

/** Which reading of the masks is right. */
function Question({
  ask,
  readings,
  answer,
  choose,
}: {
  ask: string;
  readings: readonly ReadingShown[];
  answer: number | null;
  choose: (answer: number) => void;
}) {
  return (
    <fieldset>
      <legend>{ask}</legend>
      {readings.map(({ means }, i) => (
        <label key={means} class="choice">
          <input type="radio" name="answer" required checked={answer === i + 1} onChange={() => choose(i + 1)} />
          {means}
        </label>
      ))}
    </fieldset>
  );
}

const namesOf = ({ rows }: ReadingShown) => rows.map(({ name }) => name);

/** The form; nothing is written before it is agreed to. */
export function DescribeFolder({
  proposal,
  written,
}: {
  proposal: FolderProposal;
  written: (dataset: DescribedDataset) => void;
}) {
  const { folder, file, ask, readings } = proposal;
  const [domains, setDomains] = useState<readonly string[]>(proposal.domains);
  const [answer, setAnswer] = useState<number | null>(ask === null ? 1 : null);
  const [named, setNamed] = useState<readonly (readonly string[])[]>(readings.map(namesOf));
  const [error, setError] = useState<string | null>(null);
  const at = (answer ?? 0) - 1;
  const agree = (event: Event) => {
    event.preventDefault();
    setError(null);
    const body = { folder, domains, names: named[at] ?? [], answer: ask === null ? null : answer };
    post<DescribedDataset>("/api/new/describe", body).then(written, (problem: Error) => setError(problem.message));
  };
  return (
    <form class="describe" onSubmit={agree}>
      <h2>What was found</h2>
      <Found {...proposal} />
      <fieldset>
        <legend>Names of the domains</legend>
        <Names names={domains} labels={proposal.domains} change={setDomains} />
      </fieldset>
      {ask === null ? null : <Question {...{ ask, readings, answer }} choose={setAnswer} />}
      {readings[at] ? (
        <Meaning
          reading={readings[at]}
          names={named[at]}
          change={(names) => setNamed(named.map((old, i) => (i === at ? names : old)))}
        />
      ) : null}
      <p>
        <button type="submit" class="primary">
          Write the description
        </button>{" "}
        <span class="note">
          to <bdi class="name">{file}</bdi>; images and masks stay as they are
        </span>
      </p>
      {error ? <Problem>{error}</Problem> : null}
    </form>
  );
}
