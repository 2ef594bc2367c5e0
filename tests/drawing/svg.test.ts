import { describe, expect, it } from "vitest";
import { escapeXml, shorten, svgToPng } from "../../src/drawing/svg.js";

const hostile = "<img src=x onerror='a'> \"q\" & \u0000\ud800 \u202eabc\nz";

describe("text in pictures", () => {
  it("loses nothing but what XML cannot hold", () => {
    expect(escapeXml(hostile)).toBe(
      "&lt;img src=x onerror=&#39;a&#39;&gt; &quot;q&quot; &amp; \ufffd\ufffd \u202eabc\ufffdz",
    );
    expect(escapeXml("\u{1F441} é")).toBe("\u{1F441} é");
  });

  it("is cut by characters, not by halves of them", () => {
    expect(shorten("domain", 6)).toBe("domain");
    expect(shorten("domains", 6)).toBe("domai…");
    expect(shorten("\u{1F441}".repeat(4), 3)).toBe("\u{1F441}\u{1F441}…");
  });
});

describe("svgToPng", () => {
  const svg = (text: string) =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text y="15" font-family="DejaVu Sans">${escapeXml(text)}</text></svg>`;

  it("draws text with its own font, alike each time and at the width asked for", () => {
    const png = svgToPng(svg("ab"));
    expect(Buffer.from(png.subarray(1, 4)).toString()).toBe("PNG");
    expect(svgToPng(svg("ab"))).toEqual(png);
    expect(svgToPng(svg("cd"))).not.toEqual(png);
    expect(Buffer.from(svgToPng(svg(hostile), 80)).readUInt32BE(16)).toBe(80);
  });
});
