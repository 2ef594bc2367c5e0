/** The form of a server's page: sends an image, and shows what came back. */
const [form, said, drawn, table] = ["try", "said", "drawn", "quality"].map((id) => document.getElementById(id));

/** Shares of ink over the image. */
const inkAlpha = 0.5;

function parameters(data) {
  const asked = ["format", "part", "quality"].flatMap((name) => (data.get(name) ? [[name, data.get(name)]] : []));
  return new URLSearchParams(asked);
}

async function post(data) {
  const { token } = await (await fetch("/csrf-token")).json();
  const headers = { "x-csrf-token": token, "content-type": "application/octet-stream" };
  const answer = await fetch(`/v1/masks?${parameters(data)}`, { method: "POST", headers, body: data.get("image") });
  if (answer.ok) return answer;
  throw new Error((await answer.json()).detail);
}

function showQuality(text) {
  table.hidden = text === null;
  if (text === null) return;
  const percent = (value) => (value === null ? "unknown" : `${(100 * value).toFixed(1)} %`);
  const rows = JSON.parse(text).map(({ part, dice, low, high, doubtful }) => {
    const row = document.createElement("tr");
    const cells = [`${part}${doubtful ? " (doubtful)" : ""}`, percent(dice), percent(low), percent(high)];
    row.append(...cells.map((cell) => Object.assign(document.createElement("td"), { textContent: cell })));
    return row;
  });
  table.tBodies[0].replaceChildren(...rows);
}

/** Draws the classes of a mask in their colours, over the image where the browser can show it. */
async function draw(image, mask) {
  const [{ classes }, labels] = await Promise.all([
    fetch("/v1/model").then((answer) => answer.json()),
    createImageBitmap(mask, { colorSpaceConversion: "none" }),
  ]);
  Object.assign(drawn, { width: labels.width, height: labels.height, hidden: false });
  const context = drawn.getContext("2d", { willReadFrequently: true });
  context.drawImage(labels, 0, 0);
  const ink = context.getImageData(0, 0, drawn.width, drawn.height);
  const colours = new Map(classes.filter(({ colour }) => colour).map(({ value, colour }) => [value, colour]));
  // A mask of one part has 0 and 255.
  const [first] = colours.values();
  for (let i = 0; i < ink.data.length; i += 4) {
    const value = ink.data[i];
    const colour = colours.get(value) ?? (value === 255 ? first : undefined);
    for (const channel of [0, 1, 2])
      ink.data[i + channel] = colour ? Number.parseInt(colour.slice(1 + 2 * channel, 3 + 2 * channel), 16) : 0;
    ink.data[i + 3] = colour ? 255 * inkAlpha : 0;
  }
  const inked = await createImageBitmap(ink);
  context.clearRect(0, 0, drawn.width, drawn.height);
  try {
    context.drawImage(await createImageBitmap(image), 0, 0, drawn.width, drawn.height);
  } catch {
    // A format that browsers do not show; the mask is shown without it.
  }
  context.drawImage(inked, 0, 0);
}

function offer(mask, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(mask), download: name });
  link.textContent = `Save ${name}`;
  said.replaceChildren(link);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const data = new FormData(form);
  said.textContent = "Segmenting ...";
  drawn.hidden = true;
  showQuality(null);
  try {
    const answer = await post(data);
    const mask = await answer.blob();
    const [, name] = /filename="(.+)"/.exec(answer.headers.get("content-disposition"));
    offer(mask, name);
    showQuality(answer.headers.get("dimseg-quality"));
    if (mask.type === "image/png") await draw(data.get("image"), mask);
  } catch (error) {
    said.textContent = error.message;
  }
});
