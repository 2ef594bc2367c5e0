/** What was found in a folder, to be corrected and agreed to. */
import { useState } from "preact/hooks";
import type { DescribedDataset, FolderProposal } from "../../../workflows/studio/shown/preparation.js";
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

/** Names that may be changed. */
function Names({
  names,
  labels,
  change,
}: {
  names: readonly string[];
  labels: readonly string[];
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

/** The form; nothing is written before it is agreed to. */
export function DescribeFolder({
  proposal,
  written,
}: {
  proposal: FolderProposal;
  written: (dataset: DescribedDataset) => void;
}) {
  const { folder, file, question } = proposal;
  const [domains, setDomains] = useState<readonly string[]>(proposal.domains);
  const [classes, setClasses] = useState<readonly string[]>(proposal.classes.map(({ name }) => name));
  const [answer, setAnswer] = useState<number | null>(null);
  const [error, setError] = useState<string | null>(null);
  const agree = (event: Event) => {
    event.preventDefault();
    setError(null);
    post<DescribedDataset>("/api/new/describe", { folder, domains, classes, answer }).then(written, (problem: Error) =>
      setError(problem.message),
    );
  };
  return (
    <form class="describe" onSubmit={agree}>
      <h2>What was found</h2>
      <Found {...proposal} />
      <fieldset>
        <legend>Domains</legend>
        <Names names={domains} labels={proposal.domains} change={setDomains} />
      </fieldset>
      {proposal.classes.length > 0 ? (
        <fieldset>
          <legend>Classes</legend>
          <Names
            names={classes}
            labels={proposal.classes.map(({ name, values }) => (values === "" ? name : `${name} (${values})`))}
            change={setClasses}
          />
        </fieldset>
      ) : null}
      {question ? (
        <fieldset>
          <legend>{question.ask}</legend>
          {question.choices.map((means, i) => (
            <label key={means} class="choice">
              <input type="radio" name="answer" required checked={answer === i + 1} onChange={() => setAnswer(i + 1)} />
              {means}
            </label>
          ))}
        </fieldset>
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
