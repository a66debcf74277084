// The citizen's pages in Chromium: every state at a narrow and a wide window, in German and English, looked at by
// axe-core; a scanner that opens links; a citizen who has nothing but a keyboard. Told what to open by PAGES (JSON),
// it prints one line per step: `ok` or `FAIL`, and what.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const { base, links, pictures } = JSON.parse(process.env.PAGES);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LOOKS = [320, 1280].flatMap((width) => ["de", "en"].map((language) => ({ width, language, colorScheme: "light" })));
LOOKS.push({ width: 1280, language: "de", colorScheme: "dark" });
const OPENED = 20;
const STOPS_MAX = 40;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});
if (pictures) mkdirSync(pictures, { recursive: true });

async function step(name, act) {
  try {
    await act();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`FAIL ${name}: ${String(error.message ?? error).split("\n").slice(0, 4).join(" | ")}`);
  }
}

function check(holds, what) {
  if (!holds) throw new Error(what);
}

// A window of its own: without history, and watched for what no page may do.
async function windowOf(settings = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "de-DE", ...settings });
  const page = await context.newPage();
  const seen = [];
  page.on("request", (request) => { if (!request.url().startsWith(base)) seen.push(`asks ${request.url()}`); });
  page.on("pageerror", (error) => seen.push(`error ${error.message}`));
  page.on("console", (message) => {
    // The browser's own remark on a page that is answered with 403, 409, 410 …
    if (message.type() === "error" && !message.text().includes("status of 4")) seen.push(message.text());
  });
  return { context, page, seen };
}

async function faults(page, language, width) {
  const found = [];
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) found.push(`scrolls sideways by ${wide} px`);
  const said = await page.evaluate(() => document.documentElement.lang);
  if (said !== language) found.push(`lang is ${said}`);
  await page.evaluate(axe);
  const result = await page.evaluate(() => axe.run(document));
  for (const { id, nodes } of result.violations) found.push(`${id}: ${nodes.map((node) => node.html.slice(0, 150)).join(" ")}`);
  if (result.passes.length < 10) found.push(`axe has looked at ${result.passes.length} rules only`);
  // Text alone at twice the size, in a window of half the width: WCAG 1.4.4 and 1.4.10.
  if (width > 640) {
    await page.setViewportSize({ width: 640, height: 900 });
    await page.evaluate(() => { document.documentElement.style.fontSize = "225%"; });
    const larger = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (larger > 0) found.push(`scrolls sideways by ${larger} px with large text`);
  }
  return found;
}

// Opens a state by the browser alone (`reach` presses what has to be pressed), and looks at it.
async function look(name, status, reach) {
  for (const { width, language, colorScheme } of LOOKS) {
    await step(`${name}, ${language}, ${width} px, ${colorScheme}: no barrier`, async () => {
      const { context, page, seen } = await windowOf({ viewport: { width, height: 900 }, colorScheme, locale: language });
      const answer = await reach(page, language);
      check(answer.status() === status, `status ${answer.status()}`);
      if (pictures) await page.screenshot({ path: `${pictures}/${name}-${language}-${width}-${colorScheme}.png`, fullPage: true });
      const found = [...(await faults(page, language, width)), ...seen];
      check((await context.cookies()).length === 0, "a cookie is set");
      check(found.length === 0, found.join("; "));
      await context.close();
    });
  }
}

const opened = (path) => (page, language) => page.goto(`${base}${path}${path.includes("?") ? "&" : "?"}lang=${language}`);

// Presses the button that sends the form with this action, after `fill` has filled it in.
const pressed = (path, action, fill = async () => {}) => async (page, language) => {
  await opened(path)(page, language);
  const form = page.locator(`form[action*="${action}"]`);
  await fill(page, form);
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().isNavigationRequest() && response.status() !== 303),
    form.locator("button").first().click(),
  ]);
  return answer;
};

// --- States that are only read
for (const [name, path, status] of [
  ["open", links.open, 200],
  ["cancel", `${links.open}/cancel`, 200],
  ["move", `${links.open}/move`, 200],
  ["print", `${links.open}/print`, 200],
  ["series", links.series, 200],
  ["series-cancel", `${links.series}/cancel`, 200],
  ["series-move", `${links.series}/move`, 200],
  ["accepted", links.accepted, 200],
  ["cancelled", links.cancelled, 200],
  ["cancelled-by-town", links.byTown, 200],
  ["past", links.past, 200],
  ["erased", "/t/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 410],
  ["no-page", "/t/", 404],
  ["privacy", "/privacy", 200],
  ["accessibility", "/accessibility", 200],
  ["approve", links.approve, 200],
  ["invite", links.invite, 200],
]) {
  await look(name, status, opened(path));
}

// --- States that a form leads to and that change nothing
const stale = async (page) => { await page.locator("input[name=token]").first().evaluate((input) => { input.value = "0"; }); };
await look("stale", 403, pressed(`${links.open}/cancel`, "/cancel", stale));
const taken = async (page, form) => {
  await form.locator("input[type=radio]").first().evaluate((input) => { input.value = "1"; });
  await form.locator("input[type=radio]").first().check({ force: true });
};
await look("taken", 409, pressed(`${links.open}/move`, "/move", taken));
const unchosen = async (page) => { await page.locator("form").first().evaluate((form) => { form.noValidate = true; }); };
const wrong = async (page, form) => {
  await form.evaluate((element) => { element.noValidate = true; });
  await form.locator("input[type=email]").fill("niemand");
};
await look("invite-wrong", 422, pressed(links.invite, "/invite/", wrong));
await look("unchosen", 422, pressed(`${links.series}/cancel`, "/cancel", unchosen));

// --- A scanner
await step(`opened ${OPENED} times with JavaScript, nothing has changed`, async () => {
  const { context, page } = await windowOf();
  for (let count = 0; count < OPENED; count++) {
    for (const below of ["", "/cancel", "/move", "/print", "/accept", "/wish"]) {
      await page.goto(base + links.open + below);
      await page.evaluate(() => new Promise((done) => { setTimeout(done, 5); }));
    }
  }
  await page.goto(base + links.open);
  check(await page.getByRole("button", { name: "Ich komme" }).isVisible(), "it is not open any more");
  await context.close();
});

// --- A keyboard
async function tabTo(page, name) {
  for (let stop = 0; stop < STOPS_MAX; stop++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      return { text: element.textContent.trim(), outline: `${style.outlineStyle} ${style.outlineWidth}` };
    });
    check(!focused.outline.startsWith("none") && !focused.outline.endsWith(" 0px"), `no focus is seen on ${focused.text}`);
    if (focused.text === name) return;
  }
  throw new Error(`${name} is not reached by Tab`);
}
await step("called off by the keyboard alone", async () => {
  const { context, page } = await windowOf({ javaScriptEnabled: true });
  await page.goto(base + links.keyboard);
  await tabTo(page, "Termin absagen");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  await tabTo(page, "Ja, absagen");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  check((await page.locator("h1").innerText()) === "Termin abgesagt", await page.locator("h1").innerText());
  await context.close();
});

// --- Without JavaScript
await step("accepted, asked to move, moved: all without JavaScript", async () => {
  const { context, page } = await windowOf({ javaScriptEnabled: false });
  await page.goto(base + links.plain);
  await page.getByRole("button", { name: "Ich komme" }).click();
  await page.getByText("wir wissen, dass Sie kommen").waitFor();
  await page.getByRole("link", { name: "Verschieben" }).click();
  await page.getByLabel("wann es Ihnen passt").fill("Nur nachmittags.");
  await page.getByRole("button", { name: "Wunsch abschicken" }).click();
  await page.getByText("Ihr Wunsch ist angekommen").waitFor();
  await page.getByRole("link", { name: "Verschieben" }).click();
  await page.locator("label.choice").last().click();
  await page.getByRole("button", { name: "Auf diese Zeit verschieben" }).click();
  await page.getByText("Ihr Termin ist verschoben").waitFor();
  await context.close();
});
await look("moved", 200, opened(`${links.plain}?done=moved`));
await look("wished", 200, opened(`${links.open}?done=wished`));

// --- Paper
await step("the sheet to print is one page of A4", async () => {
  const { context, page } = await windowOf();
  await page.goto(`${base}${links.open}/print`);
  const sheet = await page.pdf({ preferCSSPageSize: true, path: pictures ? `${pictures}/print.pdf` : undefined });
  const pages = sheet.toString("latin1").match(/\/Type\s*\/Page[^s]/g).length;
  check(pages === 1, `${pages} pages`);
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: 657, height: 1016 });
  await page.screenshot({ path: process.env.SHEET, fullPage: true });
  await context.close();
});

await browser.close();
