/** Numbers in the headers of formats that write them as text. */
import { DataError } from "../../../core/errors.js";

/** The bytes of a file that any such header ends within; the names of a hundred segments are a fifth of it. */
export const textHeadBytes = 2 ** 18;

/** A field of a header: its name as the file has it, and what stands there. */
export interface TextField {
  readonly file: string;
  readonly name: string;
  readonly text: string;
}

function unreadable({ file, name, text }: TextField): DataError {
  const shown = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  return new DataError(`${file}: its header says "${name}: ${shown}"; mend it`);
}

/** Numbers with white space between them. @throws DataError when there are others than `count` of them, unless it is left out */
export function numbersOf(field: TextField, count?: number): number[] {
  const words = field.text.trim().split(/[\s,]+/);
  const numbers = words.map((word) => (/^[-+]?(?:nan|inf\w*)$/i.test(word) ? Number.NaN : Number(word)));
  const isWrong = words.some(
    (word, i) => word === "" || (Number.isNaN(numbers[i]) && !/^[-+]?(?:nan|inf)/i.test(word)),
  );
  if (isWrong || (count !== undefined && numbers.length !== count)) throw unreadable(field);
  return numbers;
}

/** One whole number. @throws DataError when it is none */
export function wholeOf(field: TextField): number {
  const [number] = numbersOf(field, 1);
  if (!Number.isSafeInteger(number)) throw unreadable(field);
  return number;
}

/** What a word of a header means. @throws DataError when it is none of the known ones */
export function wordOf<T>(field: TextField, meanings: ReadonlyMap<string, T>): T {
  const found = meanings.get(field.text.trim().toLowerCase());
  if (found === undefined) throw unreadable(field);
  return found;
}
