/**
 * Makes a clone ready to run: packages, libtorch, the native addon, TypeScript, the studio's page. Of a package that
 * npm installed it makes the engine, as `dimseg setup` does. Needs nothing but Node, may be run at any time and does
 * only what is not done yet. The steps are in scripts/setup/; docs/install.md explains the environment variables.
 */
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 12)) {
  console.error(
    `set-up: dimseg needs Node 20.12 or newer but this is ${process.versions.node}; install a current one from https://nodejs.org or with \`nvm install 22\`.`,
  );
  process.exit(1);
}

const { setUp } = await import("./setup/main.mjs");
process.exitCode = await setUp();
