/**
 * Whether a regular expression of a `dataset.yaml` is safe to run on every id. The engine tries every way in which the
 * quantifiers of a pattern can share the id, so that nested ones such as `(a+)+` take for ever on an id of thirty letters.
 */

/** An id has at most 255 characters: an open quantifier multiplies the ways by up to 2^8, an optional part by 2. */
const openBits = 8;
/** Four open quantifiers and some optional parts: a second for the worst id. */
const mostBits = 36;

interface Group {
  /** Whether something in it leaves a choice: a quantifier or alternatives. */
  choice: boolean;
}

/** An atom of a pattern, with its quantifier where it has one. */
const token = /\\[1-9k]|\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:<?[=!]|:|<\w+>))?|\)|\||[*+?]\??|\{\d+(?:,\d*)?\}\??|./gsu;

/** Ways that a quantifier leaves, in bits; undefined for what is none. */
function quantifierBits(text: string): number | undefined {
  if (/^[*+]/.test(text)) return openBits;
  if (text.startsWith("?")) return 1;
  const counts = /^\{(\d+)(,(\d*))?\}/.exec(text);
  if (!counts) return undefined;
  return counts[2] === undefined || counts[1] === counts[3] ? 0 : openBits;
}

/** What makes the pattern slow; undefined when nothing does. */
function slowness(pattern: string): string | undefined {
  const open: Group[] = [];
  let closed: Group | undefined;
  let bits = 0;
  const choose = () => {
    for (const group of open) group.choice = true;
  };
  for (const [text] of pattern.matchAll(token)) {
    if (/^\\[1-9k]/.test(text)) return "refers back to a group";
    const ways = quantifierBits(text);
    if (ways !== undefined) {
      if (closed?.choice && !text.startsWith("?")) return "repeats a group that holds a quantifier or alternatives";
      if (ways > 0) choose();
      bits += ways;
    }
    closed = undefined;
    if (text.startsWith("(")) open.push({ choice: false });
    else if (text === ")") closed = open.pop();
    else if (text === "|") choose();
  }
  return bits > mostBits ? "has more than four quantifiers such as * and +" : undefined;
}

/**
 * Says what is wrong with a pattern whose first group shall name the subject.
 * @returns the end of a sentence that begins with the pattern; undefined when nothing is wrong
 */
export function subjectPatternFault(pattern: string): string | undefined {
  let groups: number;
  try {
    // With an empty alternative it matches everything and tells its groups.
    groups = (new RegExp(`${pattern}|`, "u").exec("")?.length ?? 1) - 1;
  } catch (cause) {
    return `is no regular expression: ${(cause as Error).message.replace(/^Invalid regular expression: /, "")}`;
  }
  if (groups === 0) return "has no group; put the part that names the subject in parentheses, as in ^(P\\d+)";
  const slow = slowness(pattern);
  return slow === undefined ? undefined : `${slow}, which can take for ever; write it without`;
}
