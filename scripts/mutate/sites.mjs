/**
 * Finds the places of a source file where a small change should make some test fail, and writes the file with all of
 * these changes side by side (see switch.mjs). Left alone: types, imports, strings, error messages and help texts.
 */
import { relative } from "node:path";
import ts from "typescript";
import { assignments, forgettable, operators, otherNumbers, renames } from "./changes.mjs";

/** Methods whose arguments are help texts. */
const texts = new Set(["describe", "meta"]);
const negatable = new Set(["===", "!==", "<", "<=", ">", ">="]);

/**
 * @typedef {{ file: string, line: number, code: string, change: string }} Mutant
 * One change: `code` is the trimmed line it lies in, `change` reads "+ → -". Its number is its place in the list.
 */

/**
 * All mutants of some files.
 * @param {string} root folder that paths are told from
 * @param {string[]} files absolute paths of TypeScript sources
 * @param {string} switchUrl where instrumented code imports switch.mjs from
 * @returns {{ mutants: Mutant[], firsts: number[], texts: Map<string, string> }} `firsts`: number of the first mutant
 *   at each one's site; `texts`: instrumented sources by path
 */
export function findMutants(root, files, switchUrl) {
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: [],
    strict: true,
  });
  const found = { mutants: [], firsts: [], texts: new Map() };
  for (const file of files) {
    const source = program.getSourceFile(file);
    const before = found.mutants.length;
    const text = instrument(root, source, program.getTypeChecker(), found, switchUrl);
    if (found.mutants.length > before) found.texts.set(file, text);
  }
  return found;
}

function instrument(root, source, checker, { mutants, firsts }, switchUrl) {
  const lines = source.text.split("\n");
  /** Modules whose other exports mutants use, by specifier. */
  const namespaces = new Map();
  const seen = new Map();

  /** Registers the changes at a node and returns the number of the first. */
  function number(node, changes) {
    const first = mutants.length;
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
    const code = lines[line].trim();
    for (const plain of changes) {
      const key = `${code}\n${plain}`;
      const count = (seen.get(key) ?? 0) + 1;
      seen.set(key, count);
      const change = count > 1 ? `${plain} (${count})` : plain;
      mutants.push({ file: relative(root, source.fileName), line: line + 1, code, change });
      firsts.push(first);
    }
    return first;
  }

  const textOf = (node) => source.text.slice(node.getStart(source), node.end);

  /** The node with its children rewritten and everything between them as it was. */
  function plain(node) {
    let at = node.getStart(source);
    let text = "";
    ts.forEachChild(node, (child) => {
      text += source.text.slice(at, child.getStart(source)) + emit(child);
      at = child.end;
    });
    return text + source.text.slice(at, node.end);
  }

  const list = (nodes) => nodes.map(emit).join(", ");
  const has = (type, name) => checker.getPropertyOfType(checker.getApparentType(type), name) !== undefined;

  function isText(node) {
    const type = checker.getTypeAtLocation(node);
    return (type.flags & ts.TypeFlags.StringLike) !== 0;
  }

  /** a + b and its like. */
  function binary(node) {
    const operator = node.operatorToken.getText(source);
    const { left, right } = node;
    if (operator in assignments && (ts.isIdentifier(left) || ts.isPropertyAccessExpression(left))) {
      if (isText(left)) return plain(node);
      const other = assignments[operator];
      const first = number(node.operatorToken, [`${operator} → ${other}`]);
      const compute = `__m(${first}, __m["${operator.slice(0, -1)}"], __m["${other.slice(0, -1)}"])`;
      return `${textOf(left)} = ${compute}(${textOf(left)}, ${emit(right)})`;
    }
    const others = operators[operator];
    if (!others || (operator === "+" && (isText(left) || isText(right)))) return plain(node);
    if (operator === "&&" || operator === "||" || operator === "??") {
      const readings = { left: "left side only", right: "right side only" };
      const first = number(
        node.operatorToken,
        others.map((other) => `${operator} → ${readings[other] ?? other}`),
      );
      const kinds = [operator, ...others].map((other) => `"${other}"`).join(", ");
      return `(__m.needs(${emit(left)}, __m(${first}, ${kinds})) ? ${emit(right)} : __m.left())`;
    }
    const first = number(
      node.operatorToken,
      others.map((other) => `${operator} → ${other}`),
    );
    const readings = [operator, ...others].map((other) => `__m["${other}"]`).join(", ");
    return `__m(${first}, ${readings})(${emit(left)}, ${emit(right)})`;
  }

  /** -a and !a. */
  function prefix(node) {
    const name = { [ts.SyntaxKind.MinusToken]: "negative", [ts.SyntaxKind.ExclamationToken]: "not" }[node.operator];
    if (!name) return plain(node);
    const first = number(node, [`${name === "not" ? "!" : "-"} left out`]);
    return `__m(${first}, __m.${name}, __m.same)(${emit(node.operand)})`;
  }

  /** The condition of `if` or `?:`, negated unless its own operator is. */
  function condition(node) {
    let bare = node;
    while (ts.isParenthesizedExpression(bare)) bare = bare.expression;
    const own =
      (ts.isBinaryExpression(bare) && negatable.has(bare.operatorToken.getText(source))) ||
      (ts.isPrefixUnaryExpression(bare) && bare.operator === ts.SyntaxKind.ExclamationToken);
    if (own) return emit(node);
    const first = number(node, ["condition → its opposite"]);
    return `__m(${first}, __m.same, __m.not)(${emit(node)})`;
  }

  /** The import that a name comes from, if its module also exports `other`; then an expression for `other`. */
  function exportedBeside(identifier, other) {
    const declaration = checker.getSymbolAtLocation(identifier)?.declarations?.[0];
    if (!declaration || !ts.isImportSpecifier(declaration)) return undefined;
    const specifier = declaration.parent.parent.parent.moduleSpecifier;
    const module = checker.getSymbolAtLocation(specifier);
    if (!module || !checker.getExportsOfModule(module).some(({ name }) => name === other)) return undefined;
    if (!namespaces.has(specifier.text)) namespaces.set(specifier.text, `__n${namespaces.size}`);
    return `${namespaces.get(specifier.text)}.${other}`;
  }

  function call(node) {
    const { expression: callee, arguments: args } = node;
    const name = ts.isPropertyAccessExpression(callee) ? callee.name.text : ts.isIdentifier(callee) ? callee.text : "";
    if (texts.has(name)) return `${plain(callee)}${source.text.slice(callee.end, node.end)}`;
    if (name === "where" && args.length === 3) {
      const first = number(node, ["branches of where swapped"]);
      return `__m(${first}, __m.same, __m.swapped)(${plain(callee)})(${list(args)})`;
    }
    if (ts.isIdentifier(callee) && renames.has(name)) {
      const other = renames.get(name);
      const expression = exportedBeside(callee, other);
      if (expression) return `__m(${number(node, [`${name} → ${other}`])}, ${name}, ${expression})(${list(args)})`;
    }
    if (ts.isPropertyAccessExpression(callee) && forgettable.has(name) && !ts.isOptionalChain(node)) {
      const { expression: receiver } = callee;
      if (receiver.getText(source) === "Math") {
        const first = number(callee.name, [`Math.${name} left out`]);
        return `__m(${first}, Math.${name}, __m.same)(${list(args)})`;
      }
      if (checker.getTypeAtLocation(receiver) === checker.getTypeAtLocation(node)) {
        const first = number(callee.name, [`.${name} left out`]);
        const given = args.length > 0 ? `, ${list(args)}` : "";
        return `__m(${first}, __m.call, __m.same)(${emit(receiver)}, "${name}"${given})`;
      }
    }
    return plain(node);
  }

  /** a.name, where a also has the name it is mistaken for. */
  function property(node) {
    const name = node.name.text;
    const other = renames.get(name);
    const { expression } = node;
    if (!other || node.questionDotToken || expression.kind === ts.SyntaxKind.SuperKeyword) return plain(node);
    if (!has(checker.getTypeAtLocation(expression), other)) return plain(node);
    const first = number(node.name, [`${name} → ${other}`]);
    return `${emit(expression)}[__m(${first}, "${name}", "${other}")]`;
  }

  function literal(node) {
    const others = otherNumbers(Number(node.text));
    const first = number(
      node,
      others.map((other) => `${node.getText(source)} → ${other}`),
    );
    return `__m(${first}, ${[node.text, ...others].join(", ")})`;
  }

  /** x++ as a statement of its own. */
  function counting(node) {
    const { operator, operand } = node.expression;
    const [own, other] = operator === ts.SyntaxKind.PlusPlusToken ? ["+", "-"] : ["-", "+"];
    const first = number(node, [`${own}${own} → ${other}${other}`]);
    return `${textOf(operand)} = __m(${first}, __m["${own}"], __m["${other}"])(${textOf(operand)}, 1);`;
  }

  function emit(node) {
    if (ts.isTypeNode(node) || ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node)) return textOf(node);
    if (ts.isThrowStatement(node) || ts.isTemplateExpression(node) || ts.isEnumDeclaration(node)) return textOf(node);
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isStringLiteral(node)) return textOf(node);
    if (ts.isNewExpression(node) && node.expression.getText(source).endsWith("Error")) return textOf(node);
    if (ts.isBinaryExpression(node)) return binary(node);
    if (ts.isPrefixUnaryExpression(node)) return prefix(node);
    if (ts.isCallExpression(node)) return call(node);
    if (ts.isPropertyAccessExpression(node)) return property(node);
    if (ts.isPropertyAssignment(node) && ts.isNumericLiteral(node.name))
      return `${node.name.text}: ${emit(node.initializer)}`;
    if (ts.isNumericLiteral(node)) return literal(node);
    if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword) {
      const value = node.kind === ts.SyntaxKind.TrueKeyword;
      return `__m(${number(node, [`${value} → ${!value}`])}, ${value}, ${!value})`;
    }
    if (ts.isConditionalExpression(node))
      return `(${condition(node.condition)} ? ${emit(node.whenTrue)} : ${emit(node.whenFalse)})`;
    if (ts.isIfStatement(node)) {
      const otherwise = node.elseStatement ? ` else ${emit(node.elseStatement)}` : "";
      return `if (${condition(node.expression)}) ${emit(node.thenStatement)}${otherwise}`;
    }
    if (ts.isExpressionStatement(node) && ts.isPostfixUnaryExpression(node.expression)) return counting(node);
    return plain(node);
  }

  const body = plain(source);
  const imports = [`import { m as __m } from ${JSON.stringify(switchUrl)};`];
  for (const [specifier, name] of namespaces) imports.push(`import * as ${name} from ${JSON.stringify(specifier)};`);
  return `${imports.join(" ")} ${body}`;
}
