/** Places go to uploads that are whole or come at a fair pace. */
import { expect, it } from "vitest";
import type { HttpProblem } from "../../src/http/problem.js";
import { Admission, type Sending } from "../../src/workflows/serving/admission.js";

/** A server of three places, with a clock that a test turns. */
function opened() {
  const clock = { seconds: 0 };
  const admission = new Admission(3, 1, () => clock.seconds);
  /** An upload that is never whole, and ends when it is cut. */
  const send = () => {
    const begun: Sending[] = [];
    const receive = (own: Sending) =>
      new Promise<void>((_, reject) => {
        begun.push(own);
        own.cut.addEventListener("abort", () => reject(own.cut.reason));
      });
    const ended = admission.admit(receive, async () => "work").catch((problem: HttpProblem) => problem.status);
    return { sending: begun[0], ended };
  };
  const whole = (work: () => Promise<string> = async () => "done") =>
    admission.admit(async () => {}, work).catch((problem: HttpProblem) => problem.status);
  return { clock, admission, send, whole };
}

it("idle uploads keep nobody out, and the oldest makes room when there are too many", async () => {
  const { clock, admission, send, whole } = opened();
  const idle = [send(), send(), send()];
  expect(await whole()).toBe(503);
  clock.seconds = 2;
  const more = send();
  expect(await idle[0].ended).toBe(408);
  expect(await whole()).toBe("done");
  expect([idle[1], idle[2], more].map(({ sending }) => sending.cut.aborted)).toEqual([false, false, false]);
  expect(admission.inside).toBe(3);
});

it("uploads that come at a fair pace hold their places", async () => {
  const { clock, send, whole } = opened();
  const fair = [send(), send(), send()];
  clock.seconds = 2;
  for (const { sending } of fair) sending.bytes = 100_000;
  expect(await whole()).toBe(503);
  clock.seconds = 30;
  expect(await whole()).toBe("done");
});

it("a slow upload that is whole when all places are taken is told to come again", async () => {
  const { clock, admission, whole } = opened();
  let finish = () => {};
  const slow = admission
    .admit(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
      async () => "done",
    )
    .catch((problem: HttpProblem) => problem);
  clock.seconds = 2;
  let free = (_: string) => {};
  const busy = [0, 1, 2].map(() =>
    whole(
      () =>
        new Promise((resolve) => {
          free = resolve;
        }),
    ),
  );
  await Promise.resolve();
  finish();
  expect(await slow).toMatchObject({ status: 503, headers: { "retry-after": expect.any(String) } });
  free("done");
  expect(await busy[2]).toBe("done");
});
