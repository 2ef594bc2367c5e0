/** The scripts are plain JavaScript; their tests check behaviour, not types. */
declare module "*.mjs";
