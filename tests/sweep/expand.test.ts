/** What a grid expands to, and what its runs and folders are called. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expandGrid, folderText } from "../../src/sweep/expand.js";

const names = (points: { name: string }[]) => points.map(({ name }) => name);

describe("expandGrid", () => {
  it("names the base alone after its file", () => {
    expect(expandGrid({ base: "/studies/reduced.yaml" })).toEqual([{ name: "reduced", assignments: [] }]);
  });

  it("takes all combinations, the first key slowest, under the shortest names that tell them apart", () => {
    const grid = { "optimizer.rho": [0.05, 0.1], "method.name": ["midss", "bcp"] };
    const points = expandGrid({ base: "c.yaml", grid });
    expect(names(points)).toEqual([
      "rho=0.05, method=midss",
      "rho=0.05, method=bcp",
      "rho=0.1, method=midss",
      "rho=0.1, method=bcp",
    ]);
    expect(points[1].assignments).toEqual(["optimizer.rho=0.05", 'method.name="bcp"']);
    const twins = { "base.rate": [1], "optimizer.rate": [2] };
    expect(names(expandGrid({ base: "c.yaml", grid: twins }))).toEqual(["base.rate=1, optimizer.rate=2"]);
  });

  it("says in a name what a section holds", () => {
    const grid = { optimizer: [{ name: "none" }, { name: "dim", rho: 0.1, divergence: { f: "kl" } }] };
    expect(names(expandGrid({ base: "c.yaml", grid }))).toEqual([
      "optimizer=none",
      "optimizer=dim rho=0.1 divergence.f=kl",
    ]);
  });

  it("runs each named run at every point, its own keys first", () => {
    const runs = [
      { name: "MiDSS", set: { method: { name: "midss" } } },
      { name: "BCP", set: {} },
    ];
    const points = expandGrid({ base: "c.yaml", runs, grid: { "labelled.domain": ["A", "B"] } });
    expect(names(points)).toEqual(["MiDSS, domain=A", "MiDSS, domain=B", "BCP, domain=A", "BCP, domain=B"]);
    expect(points[0].assignments).toEqual(['method={"name":"midss"}', 'labelled.domain="A"']);
  });
});

describe("folderText", () => {
  it("keeps letters of every script and turns the rest into dashes", () => {
    expect(folderText("DiM-1 (js, featSoftmax)")).toBe("DiM-1-js-featSoftmax");
    expect(folderText("A|B & <C>")).toBe("A-B-C");
    expect(folderText("Grün β=0.5")).toBe("Grün-β=0.5");
    expect(folderText("../..")).toBe("");
  });

  it("never gives a path, a hidden file or a name that a shell takes for an option", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (name) => {
        expect(folderText(name)).not.toMatch(/[/\\\s\p{Cc}]|^[.-]|[.-]$/u);
      }),
    );
  });
});
