/** The style sheet of a server's page. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1d2127; --paper: #fff; --line: #b9c0c9; --accent: #00598c; --raised: #f2f4f6; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --paper: #14171b; --line: #4a535e; --accent: #7cc4f0; --raised: #1f242b; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 52rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.8rem; margin: 0 0 .5rem; }
h2 { margin: 2.5rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { margin: 2rem 0 .3rem; }
p, li, td, th { overflow-wrap: anywhere; unicode-bidi: isolate; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0; list-style: none; }
form { display: flex; flex-wrap: wrap; gap: .8rem 1.2rem; align-items: center; }
input, select, button { font: inherit; max-width: 100%; }
button { padding: .4rem 1rem; border: 1px solid var(--accent); border-radius: 4px; background: var(--raised); color: var(--accent); cursor: pointer; }
canvas { max-width: 100%; height: auto; }
pre { padding: .7rem .9rem; background: var(--raised); overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0; }
caption { text-align: left; font-weight: 600; }
th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
`;
