/** The page's style sheet. Colours are variables, so that light, dark and print differ in one place. */
import { dataColours } from "../figures/theme.js";

const dataVariables = dataColours.map((colour, i) => `--data-${i + 1}: ${colour};`).join(" ");

const colours = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --raised: #f6f7f8; --ink: #1d2127; --soft: #565f6b; --line: #d9dde2; --accent: #00598c;
  --good: #e2f3ec; ${dataVariables}
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --raised: #1c2026; --ink: #e6e9ed; --soft: #a3adb9; --line: #343b44; --accent: #7cc4f0;
    --good: #12352a;
    --data-1: #3b9fd8; --data-2: #f07c2e; --data-3: #1fbf93; --data-4: #dd94bb; --data-5: #edb22d; --data-6: #86cbf2;
  }
}`;

const frame = `
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.sheet { max-width: 84rem; margin: 0 auto; padding: 0 1.25rem 4rem; }
header { padding: 2.75rem 0 1.5rem; }
.eyebrow { margin: 0; color: var(--soft); font-size: .85rem; letter-spacing: .02em; }
h1 { margin: .35rem 0 .6rem; font-size: clamp(1.6rem, 1.2rem + 1.8vw, 2.4rem); line-height: 1.15; font-weight: 650;
  letter-spacing: -.015em; text-wrap: balance; }
.lede { margin: 0; max-width: 46rem; font-size: 1.08rem; text-wrap: pretty; }
h2 { margin: 0 0 .35rem; font-size: 1.45rem; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; }
h3 { margin: 2rem 0 .5rem; font-size: 1.06rem; font-weight: 620; }
p { max-width: 46rem; margin: .5rem 0; }
.note, figcaption, caption { color: var(--soft); font-size: .875rem; line-height: 1.45; }
main > section { padding: 1.9rem 0 1rem; border-top: 1px solid var(--line); }
main > section:first-child { border-top: 0; padding-top: 0; }
.contents { padding: .9rem 0; border: 1px solid var(--line); border-width: 1px 0; margin-bottom: 2rem; }
.contents ul { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: 0; padding: 0; font-size: .925rem; }
.contents a { display: inline-block; padding: .12rem 0; text-decoration: none; }
.contents a:hover { text-decoration: underline; }
@media (min-width: 70rem) {
  .columns { display: grid; grid-template-columns: 10.5rem minmax(0, 1fr); gap: 2.75rem; align-items: start; }
  .contents { position: sticky; top: 1.5rem; border: 0; padding: 0; margin: 0; }
  .contents ul { flex-direction: column; gap: .3rem; border-left: 2px solid var(--line); padding-left: .9rem; }
}
footer { margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .85rem; }
`;

const names = `
.name { overflow-wrap: anywhere; unicode-bidi: isolate; }
.long-name summary { cursor: pointer; overflow-wrap: anywhere; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .84rem; }
pre { margin: .4rem 0; padding: .7rem .85rem; background: var(--raised); border-radius: 6px; white-space: pre-wrap;
  overflow-wrap: anywhere; }
`;

const tables = `
/* A shadow at a side says that the table goes on there: covers move with the table, shadows stay. */
.scroll { overflow-x: auto; margin: .8rem 0 .4rem; background: linear-gradient(to right, var(--paper) 40%, transparent) 0 0 / 3rem 100% no-repeat local,
  linear-gradient(to left, var(--paper) 40%, transparent) 100% 0 / 3rem 100% no-repeat local,
  linear-gradient(to right, var(--soft), transparent) 0 0 / .7rem 100% no-repeat scroll,
  linear-gradient(to left, var(--soft), transparent) 100% 0 / .7rem 100% no-repeat scroll; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .38rem 1rem .38rem 0; text-align: right; vertical-align: baseline; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
thead th { white-space: normal; min-width: 3.2rem; color: var(--soft); font-weight: 500; font-size: .82rem; vertical-align: bottom; border-bottom-color: var(--soft); }
th[scope=row], .words { text-align: left; white-space: normal; min-width: 7rem; max-width: 20rem; font-weight: 550; }
td.words { font-weight: 400; min-width: 4rem; }
.best { background: var(--good); font-weight: 650; }
.close { background: var(--good); }
tbody tr:last-child > * { border-bottom-color: transparent; }
thead .name { overflow-wrap: break-word; }
thead th { max-width: 16rem; }
thead th:first-child { text-align: left; }
@media (max-width: 40rem) { th:first-child { position: sticky; left: 0; background: var(--paper); max-width: 8rem; } }
.interval { white-space: nowrap; color: var(--soft); font-size: .84em; }
dl { display: grid; grid-template-columns: minmax(7rem, auto) minmax(0, 1fr); gap: .25rem 1.25rem; margin: .6rem 0; font-size: .925rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
`;

const figures = `
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 1.6rem 1.6rem;
  margin: 1rem 0; align-items: start; }
.large { grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
figure { margin: 0; }
figure .title { margin: 0 0 .3rem; font-size: .95rem; font-weight: 600; }
figure svg { display: block; width: 100%; height: auto; max-width: 30rem; color: var(--ink); }
.picture { position: relative; }
.picture > a { position: absolute; inset: 0; cursor: zoom-in; border-radius: 4px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
figure:target .picture > a { display: none; }
figcaption { margin-top: .35rem; max-width: 30rem; }
.files { white-space: nowrap; }
.shut { display: none; }
figure:target { position: fixed; inset: 0; z-index: 9; overflow: auto; padding: 1.25rem; background: var(--paper); }
figure:target svg, figure:target img { width: min(100%, 1.5 * 100vh); max-width: none; max-height: 80vh; margin: 0 auto; }
figure:target figcaption { max-width: 60rem; margin-inline: auto; }
figure:target .shut { display: inline-block; position: fixed; top: .8rem; right: 1rem; padding: .3rem .8rem;
  background: var(--raised); border: 1px solid var(--line); border-radius: 6px; text-decoration: none; }
.cases { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, calc(var(--panels) * 9.4rem)), 1fr));
  gap: 1.6rem 2rem; margin: .9rem 0; }
.cases.wide { grid-template-columns: minmax(0, 1fr); }
.wide .panels { grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); }
figure.case .title { font-weight: 550; }
.role { margin-left: .4rem; padding: .05rem .5rem; border: 1px solid var(--line); border-radius: 1rem; color: var(--soft);
  font-size: .8rem; font-weight: 450; white-space: nowrap; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 8.4rem), 1fr)); gap: .8rem .7rem; }
.panel svg { border-radius: 4px; max-width: none; }
.panel p { margin: .15rem 0 0; }
.doubtful { padding: 0 .35rem; border: 1px solid currentColor; border-radius: .3rem; color: var(--data-2); font-weight: 600; }
.panel .run { margin-top: .35rem; font-size: .9rem; font-weight: 550; line-height: 1.3; }
.case:target .panels { grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.case:target .panel svg { max-height: none; width: 100%; }
.part-choice { display: flex; flex-wrap: wrap; gap: .2rem 1.3rem; margin: .8rem 0 0; padding: 0; border: 0; font-size: .925rem; }
.part-choice legend { float: left; margin-right: 1.2rem; padding: 0; color: var(--soft); }
.part-choice label { display: inline-flex; align-items: center; gap: .35rem; }
.swatch { display: inline-block; width: .85rem; height: .85rem; border-radius: 2px; border: 1px solid var(--soft); }
@media (max-width: 40rem) {
  .case:not(:target) .panels { grid-template-columns: none; grid-auto-flow: column; grid-auto-columns: max(46%, 8.4rem);
    overflow-x: auto; scroll-snap-type: x proximity; }
  .wide .case:not(:target) .panels { grid-auto-columns: 88%; }
  .panel { scroll-snap-align: start; }
}
details > summary { cursor: pointer; }
details { margin: .8rem 0; }
.long-name { margin: 0; }
.missing { padding: .1rem 0 .1rem .9rem; border-left: 3px solid var(--data-5); margin: .8rem 0; }
.missing ul { margin: .3rem 0; padding-left: 1.1rem; }
`;

const print = `
@page { margin: 12mm; }
@media print {
  :root { --paper: #fff; --raised: #f4f4f4; --ink: #000; --soft: #444; --line: #ccc; --accent: #000; --good: #eee; ${dataVariables} }
  body { font-size: 10pt; }
  .contents, .files, .shut { display: none; }
  .columns { display: block; }
  .sheet { max-width: none; padding: 0; }
  .scroll { overflow: visible; background: none; }
  table { font-size: 7pt; }
  thead th { font-size: 7pt; min-width: 0; }
  th, td { padding: .2rem .4rem .2rem 0; }
  th[scope=row], .words { min-width: 0; }
  .figures { grid-template-columns: repeat(2, 1fr); }
  figure, tr, pre { break-inside: avoid; }
  h2, h3, .title { break-after: avoid; }
  a { text-decoration: none; }
}`;

/** The whole style sheet. */
export const pageStyle = [colours, frame, names, tables, figures, print].join("");
