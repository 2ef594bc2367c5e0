/** The CSV of an evaluation: any name survives, numbers keep every digit. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError } from "../../src/core/errors.js";
import type { PartScore } from "../../src/judging/evaluate-network.js";
import { parseScores, scoresCsv } from "../../src/judging/scores-csv.js";

const metrics = { dice: 0.1, jaccard: 1 / 3, hd: 0, hd95: 0, asd: 0, assd: 0 };
const row: PartScore = { domain: "a", id: "1", subject: "a/p1", part: "disc", ...metrics, empty: "none" };

/** Records of a CSV text, by the rules of RFC 4180. */
function parse(text: string): string[][] {
  const records: string[][] = [[]];
  for (let i = 0; i < text.length; ) {
    let value = "";
    if (text[i] === '"') {
      for (i++; text[i] !== '"' || text[i + 1] === '"'; i++)
        if (text[i] === '"') value += text[i++];
        else value += text[i];
      i++;
    } else while (i < text.length && !",\n".includes(text[i])) value += text[i++];
    records[records.length - 1].push(value);
    if (text[i++] === "\n") records.push([]);
  }
  return records.filter((record) => record.length > 0);
}

describe("scoresCsv", () => {
  it("writes a header and one line for each row", () => {
    expect(scoresCsv([row, { ...row, hd95: Number.NaN, asd: Number.POSITIVE_INFINITY, empty: "both" }])).toBe(
      "domain,id,subject,part,dice,jaccard,hd,hd95,asd,assd,empty\n" +
        "a,1,a/p1,disc,0.1,0.3333333333333333,0,0,0,0,none\n" +
        "a,1,a/p1,disc,0.1,0.3333333333333333,0,NaN,Infinity,0,both\n",
    );
    expect(scoresCsv([])).toBe("domain,id,subject,part,dice,jaccard,hd,hd95,asd,assd,empty\n");
  });

  it("quotes names with commas, quotes, line breaks and outer spaces, and leaves right-to-left marks alone", () => {
    const ids = ['a,b"c"', "line\nbreak", " space ", "\u202Egnp.\u200Fx", "<img onerror=alert(1)>", '"', ""];
    const records = parse(scoresCsv(ids.map((id) => ({ ...row, id }))));
    expect(records.slice(1).map((record) => record[1])).toEqual(ids);
    expect(scoresCsv([{ ...row, id: 'a,b"c"' }])).toContain('a,"a,b""c""",a/p1,disc');
  });

  it("gives back any name and any number exactly", () => {
    const unit = fc.constantFrom(...'a,";\r\n\t é\u200F\u202E\u{1F441}\0\\');
    fc.assert(
      fc.property(fc.string({ unit }), fc.double(), (id, dice) => {
        const [, record] = parse(scoresCsv([{ ...row, id, dice }]));
        // What a spreadsheet would run as a formula begins with an apostrophe.
        expect([id, `'${id}`]).toContain(record[1]);
        expect(Number(record[4])).toBe(dice === 0 ? 0 : dice);
        expect(record).toHaveLength(11);
      }),
      { numRuns: 300 },
    );
  });
});

describe("parseScores", () => {
  const text = scoresCsv([row, { ...row, id: "2" }]);
  const refused = (broken: string) => {
    const read = () => parseScores(broken, "run/cases.csv");
    expect(read).toThrow(DataError);
    return expect(read);
  };

  it("gives back what was written: any name, all digits, NaN and infinities", () => {
    const unit = fc.constantFrom(...'a,";\r\n\t é\u200F\u202E\u{1F441}\\');
    const name = fc.string({ unit });
    const value = fc.double().map((number) => (number === 0 ? 0 : number));
    const numbers = { dice: value, jaccard: value, hd: value, hd95: value, asd: value, assd: value };
    const empty = fc.constantFrom<PartScore["empty"]>("none", "both");
    const scores = fc.array(fc.record({ domain: name, id: name, subject: name, part: name, ...numbers, empty }), {
      minLength: 1,
    });
    fc.assert(fc.property(scores, (rows) => void expect(parseScores(scoresCsv(rows), "cases.csv")).toEqual(rows)));
  });

  it("reads a file of the time before subjects, in which every case is its own", () => {
    const before =
      "domain,id,part,dice,jaccard,hd,hd95,asd,assd,empty\na,1,cup,1,1,0,0,0,0,none\na,1,disc,1,1,0,0,0,0,none\nb,1,cup,0,0,9,9,9,9,none\n";
    expect(parseScores(before, "cases.csv").map(({ id, subject, part }) => [id, subject, part])).toEqual([
      ["1", "a/1", "cup"],
      ["1", "a/1", "disc"],
      ["1", "b/1", "cup"],
    ]);
  });

  it("names file, line and remedy where a line is cut or a number is none", () => {
    refused(text.slice(0, -20)).toThrow(
      "run/cases.csv: line 3 is damaged; run `dimseg evaluate` again to make it anew",
    );
    refused(text.replace("0.1", "0,1")).toThrow(/line 2 is damaged/);
    refused(text.replace("0.1", "")).toThrow(/line 2 is damaged/);
    refused(text.replace("0.1", "nan")).toThrow(/line 2 is damaged/);
    refused(`${text}a,3\n`).toThrow(/line 4 is damaged/);
  });

  it("refuses other columns, no rows and text that is no CSV", () => {
    refused("").toThrow(/its header is not that of cases\.csv/);
    refused(text.replace("jaccard", "iou")).toThrow(/its header/);
    refused(scoresCsv([])).toThrow(/it holds no cases/);
    refused(`${text}"a`).toThrow(/^run\/cases\.csv: .*; run `dimseg evaluate` again/);
  });
});
