/**
 * Writes src/torch/generated/ from the schemas that libtorch itself reports for the operators in operators.mjs.
 * `--check` writes nothing and exits 1 when the committed files are not what would be written.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { camel, operators } from "./operators.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const pinned = "2.13";
const native = createRequire(import.meta.url)(JSON.parse(readFileSync(join(root, "build", "addon.json"), "utf8")).path);

/** Arguments nobody sets by hand: dense, unpinned, blocking copies are what dimseg uses. */
const hidden = new Set(["layout", "pin_memory", "non_blocking"]);

const tsTypes = {
  Tensor: "Tensor",
  "Tensor[]": "readonly Tensor[]",
  "Tensor?[]": "readonly (Tensor | null)[]",
  Scalar: "number",
  int: "number",
  SymInt: "number",
  float: "number",
  bool: "boolean",
  str: "string",
  ScalarType: "DType",
  Device: "Device",
  MemoryFormat: "MemoryFormat",
  Generator: "Generator",
};

function tsType(type) {
  if (type.endsWith("?")) return `${tsType(type.slice(0, -1))} | null`;
  if (tsTypes[type]) return tsTypes[type];
  const sized = /^(int|SymInt|float|bool)\[(\d*)\]$/.exec(type);
  if (sized) {
    const element = tsTypes[sized[1]];
    return sized[2] ? `${element} | readonly ${element}[]` : `readonly ${element}[]`;
  }
  throw new Error(`no TypeScript type for ${type}`);
}

/** How an argument is handed to the bridge. */
function pass(type, expression) {
  const plain = type.replace(/\?$/, "");
  const optional = type.endsWith("?");
  if (plain === "Tensor") return optional ? `optionalHandle(${expression})` : `${expression}.handle`;
  if (plain === "Tensor[]" || plain === "Tensor?[]") return `handlesOf(${expression})`;
  if (plain === "Generator") return `${expression}?.index`;
  return expression;
}

/** "int[2] stride=1" with names made readable. */
function parseArgument(text, keywordOnly) {
  const match = /^([A-Za-z]+(?:\([a-z]!?(?: -> \*)?\))?(?:\?)?(?:\[\d*\])?\??) (\w+)(?:=(.*))?$/.exec(text.trim());
  if (!match) throw new Error(`cannot read the argument "${text}"`);
  return { type: match[1].replace(/\([a-z]!?(?: -> \*)?\)/, ""), name: match[2], fallback: match[3], keywordOnly };
}

/** Splits at commas outside brackets. */
function split(text) {
  const parts = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if ("([".includes(text[i])) depth++;
    if (")]".includes(text[i])) depth--;
    if (text[i] === "," && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  if (text.slice(start).trim() !== "") parts.push(text.slice(start));
  return parts.map((part) => part.trim());
}

function parseSchema(schema) {
  const match = /^(\w+::\w+)(?:\.(\w+))?\((.*)\) -> (.*)$/.exec(schema);
  if (!match) throw new Error(`cannot read the schema "${schema}"`);
  let keywordOnly = false;
  const args = [];
  for (const part of split(match[3])) {
    if (part === "*") keywordOnly = true;
    else args.push(parseArgument(part, keywordOnly));
  }
  const inPlace = /^(Tensor|Tensor\[\])\([a-z]!\)/.test(match[4]) || (match[4] === "()" && match[1].endsWith("_"));
  const returns = match[4].startsWith("(") ? split(match[4].slice(1, -1)).map((r) => r.split(" ")[0]) : [match[4]];
  return { schema, name: match[1], overload: match[2] ?? "", args, inPlace, returns };
}

function findSchema(key) {
  const [, name, overload = ""] = /^(\w+::\w+)(?:\.(\w+))?$/.exec(key);
  const found = native
    .schemas(name)
    .map(parseSchema)
    .find((parsed) => parsed.overload === overload);
  if (!found) throw new Error(`libtorch has no operator ${key}`);
  return found;
}

function resultType({ inPlace, returns, args }) {
  if (inPlace) return args[0].type === "Tensor" ? "Tensor" : "void";
  const types = returns.map((type) => tsType(type.replace(/\([^)]*\)/, "")).replace("readonly ", ""));
  return types.length === 1 ? types[0] : `[${types.join(", ")}]`;
}

function wrapResult(parsed, call) {
  if (parsed.inPlace) return parsed.args[0].type === "Tensor" ? `${call};\n  return self;` : `${call};`;
  const type = resultType(parsed);
  if (type === "Tensor") return `return new Tensor(${call});`;
  if (type === "Tensor[]") return `return wrapList(${call});`;
  if (type.startsWith("[")) return `return wrapList(${call}) as ${type};`;
  return `return ${call};`;
}

/** Splits a schema's arguments into those written in order and those in the options object. */
function layOut(parsed, positional) {
  const visible = parsed.args.filter((argument) => !hidden.has(argument.name));
  const required = visible.filter((argument) => !argument.keywordOnly && argument.fallback === undefined).length;
  const count = Math.max(positional ?? 0, required);
  const inOrder = visible.filter((argument, i) => i < count && !argument.keywordOnly);
  return { inOrder, options: visible.filter((argument) => !inOrder.includes(argument)) };
}

const reserved = new Set(["self", "index"]);
const parameterName = (argument) => (reserved.has(argument.name) ? argument.name : camel(argument.name));

function signature(parsed, positional) {
  const { inOrder, options } = layOut(parsed, positional);
  const parameters = inOrder.map(
    (argument) => `${parameterName(argument)}${argument.fallback === undefined ? "" : "?"}: ${tsType(argument.type)}`,
  );
  if (options.length > 0) {
    const fields = options.map((argument) => `${camel(argument.name)}?: ${tsType(argument.type)}`);
    parameters.push(`options?: { ${fields.join("; ")} }`);
  }
  return parameters;
}

function callExpression(parsed, positional, operator) {
  const { inOrder } = layOut(parsed, positional);
  const values = parsed.args.map((argument) => {
    if (hidden.has(argument.name)) return "undefined";
    const written = inOrder.includes(argument);
    const expression = written ? parameterName(argument) : `options?.${camel(argument.name)}`;
    return pass(argument.type, expression);
  });
  while (values.at(-1) === "undefined") values.pop();
  return `native().callOperator(${[`${operator}.id`, ...values].join(", ")})`;
}

const operatorConstant = (parsed) =>
  `${camel(parsed.name.split("::")[1])}${parsed.overload ? `_${parsed.overload}` : "_"}Op`;

/** The run-time test that tells one overload from one sibling: their first argument that differs. */
function guardAgainst(parsed, other, positional) {
  const mine = layOut(parsed, positional).inOrder;
  const theirs = layOut(other, positional).inOrder;
  for (let i = 0; i < Math.max(mine.length, theirs.length); i++) {
    const own = mine[i];
    const their = theirs[i];
    if (own && their && tsType(own.type) === tsType(their.type)) continue;
    const name = `args[${i}]`;
    if (!own) return `!isArgument(${name})`;
    if (!their) return `isArgument(${name})`;
    if (own.type === "Tensor") return `${name} instanceof Tensor`;
    if (their.type === "Tensor") return `!(${name} instanceof Tensor)`;
    if (own.type.includes("[")) return `Array.isArray(${name})`;
    if (their.type.includes("[")) return `!Array.isArray(${name})`;
  }
  throw new Error(`cannot tell ${parsed.schema} from ${other.schema}`);
}

function guardOf(parsed, others, positional) {
  return [...new Set(others.map((other) => guardAgainst(parsed, other, positional)))].join(" && ");
}

function emitSingle(tsName, parsed, positional) {
  const body = wrapResult(parsed, callExpression(parsed, positional, operatorConstant(parsed)));
  return `/** \`${parsed.schema}\` */
export function ${tsName}(${signature(parsed, positional).join(", ")}): ${resultType(parsed)} {
  ${body}
}
`;
}

function emitOverloads(tsName, all, positional) {
  const heads = all.map(
    (parsed) => `/** \`${parsed.schema}\` */
export function ${tsName}(${signature(parsed, positional).join(", ")}): ${resultType(parsed)};`,
  );
  const branches = all.map((parsed, i) => {
    const private_ = `${tsName}${i}`;
    const last = i === all.length - 1;
    const call = `return ${private_}(...(args as Parameters<typeof ${private_}>));`;
    return last ? `  ${call}` : `  if (${guardOf(parsed, all.slice(i + 1), positional)}) ${call}`;
  });
  const bodies = all.map((parsed, i) => {
    const body = wrapResult(parsed, callExpression(parsed, positional, operatorConstant(parsed)));
    return `function ${tsName}${i}(${signature(parsed, positional).join(", ")}): ${resultType(parsed)} {\n  ${body}\n}`;
  });
  return `${bodies.join("\n")}
${heads.join("\n")}
export function ${tsName}(...args: unknown[]): unknown {
${branches.join("\n")}
}
`;
}

/** add/sub/… with a tensor or a number are by far the most called: they get a direct body without argument arrays. */
function emitTensorOrNumber(tsName, [withTensor, withScalar]) {
  const options = layOut(withTensor).options;
  const fields = options.map((argument) => `${camel(argument.name)}?: ${tsType(argument.type)}`);
  const parameter = options.length > 0 ? `, options?: { ${fields.join("; ")} }` : "";
  const extra = options.map((argument) => `, options?.${camel(argument.name)}`).join("");
  const call = (parsed, other) =>
    wrapResult(parsed, `native().callOperator(${operatorConstant(parsed)}.id, self.handle, ${other}${extra})`);
  return `/** \`${withTensor.schema}\` or \`${withScalar.schema}\` */
export function ${tsName}(self: Tensor, other: Tensor | number${parameter}): Tensor {
  if (typeof other === "number") {
    ${call(withScalar, "other").replace("\n", "\n  ")}
  }
  ${call(withTensor, "other.handle")}
}
`;
}

const isTensorOrNumber = (all) =>
  all.length === 2 &&
  all[0].overload === "Tensor" &&
  all[1].overload === "Scalar" &&
  all[0].args[1].name === "other" &&
  all[0].args.length === all[1].args.length;

function generate() {
  const constants = [];
  const functions = [];
  const methodTypes = [];
  const methodBodies = [];
  for (const [tsName, { overloads, positional, method = true }] of Object.entries(operators)) {
    const all = overloads.map(findSchema);
    for (const parsed of all) {
      constants.push(`const ${operatorConstant(parsed)} = new Operator("${parsed.name}", "${parsed.overload}");`);
    }
    if (isTensorOrNumber(all)) functions.push(emitTensorOrNumber(tsName, all));
    else
      functions.push(
        all.length === 1 ? emitSingle(tsName, all[0], positional) : emitOverloads(tsName, all, positional),
      );
    if (!method || all.some((parsed) => parsed.args[0]?.type !== "Tensor")) continue;
    if (isTensorOrNumber(all)) {
      const options = signature(all[0], positional).slice(2);
      methodTypes.push(
        `    /** \`${all[0].schema}\` */\n    ${tsName}(${["other: Tensor | number", ...options].join(", ")}): Tensor;`,
      );
    } else {
      for (const parsed of all) {
        methodTypes.push(
          `    /** \`${parsed.schema}\` */\n    ${tsName}(${signature(parsed, positional).slice(1).join(", ")}): ${resultType(parsed)};`,
        );
      }
    }
    methodBodies.push(`  ${tsName},`);
  }
  const header = `// Generated by scripts/codegen.mjs from libtorch ${pinned}'s operator schemas; do not edit. Rebuild: npm run codegen\n`;
  return {
    "functions.ts": `${header}/** PyTorch's operators as functions; names and meanings are PyTorch's, in camelCase. */
import { native } from "../native.js";
import { Operator } from "../operator.js";
import type { Generator } from "../random.js";
import { type Device, type DType, handlesOf, type MemoryFormat, Tensor } from "../tensor.js";

const optionalHandle = (tensor: Tensor | null | undefined): number | null | undefined => (tensor instanceof Tensor ? tensor.handle : tensor);
const wrapList = (handles: number[]): Tensor[] => handles.map((handle) => new Tensor(handle));
const isArgument = (value: unknown): boolean => value === null || typeof value !== "object" || Array.isArray(value) || value instanceof Tensor ? value !== undefined : false;

${constants.join("\n")}

${functions.join("\n")}`,
    "methods.ts": `${header}/** The operators that begin with a tensor, as methods of Tensor. Importing this file attaches them. */
import { Tensor } from "../tensor.js";
${methodTypes.some((line) => /\bGenerator\b/.test(line)) ? 'import type { Generator } from "../random.js";\n' : ""}import * as functions from "./functions.js";

declare module "../tensor.js" {
  interface Tensor {
${methodTypes.join("\n")}
  }
}

const names = {
${methodBodies.map((line) => `${line.slice(0, -1)}: functions.${line.trim().slice(0, -1)},`).join("\n")}
};

for (const [name, operator] of Object.entries(names)) {
  const call = operator as (...args: unknown[]) => unknown;
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, first?: unknown, second?: unknown, ...rest: unknown[]) {
      return rest.length === 0 ? call(this, first, second) : call(this, first, second, ...rest);
    },
    writable: true,
    configurable: true,
  });
}
`,
  };
}

const engine = native.engineInfo().version;
if (!engine.startsWith(pinned)) {
  console.log(`codegen: skipped, the generated files describe libtorch ${pinned} and this is ${engine}`);
  process.exit(0);
}
const check = process.argv.includes("--check");
const stale = [];
for (const [file, text] of Object.entries(generate())) {
  const path = join(root, "src", "torch", "generated", file);
  let committed = "";
  try {
    committed = readFileSync(path, "utf8");
  } catch {}
  if (committed === text) continue;
  stale.push(`src/torch/generated/${file}`);
  if (!check) writeFileSync(path, text);
}
if (check && stale.length > 0) {
  console.error(`codegen: ${stale.join(", ")} is not current; run "npm run codegen" and commit the result`);
  process.exit(1);
}
console.log(stale.length > 0 ? `codegen: wrote ${stale.join(", ")}` : "codegen: current");
