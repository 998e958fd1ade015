// Takes screenshots with headless Chromium: reads {"chromium", "pages": [{"html", "png", "width",
// "element"}]} as JSON. Pages come from files and may load nothing. 256 colors halve a picture.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import UPNG from "upng-js";

const { chromium: executablePath, pages } = JSON.parse(readFileSync(0, "utf8"));
const browser = await chromium.launch({
  executablePath,
  args: [
    "--no-sandbox", // root has none; the pages are our own and run no script
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  for (const { html, png, width, element } of pages) {
    const page = await browser.newPage({
      viewport: { width, height: 200 },
      javaScriptEnabled: false,
      offline: true,
    });
    await page.goto(pathToFileURL(html).href);
    const picture = UPNG.decode(await page.locator(element).screenshot());
    const pixels = UPNG.toRGBA8(picture);
    writeFileSync(png, Buffer.from(UPNG.encode(pixels, picture.width, picture.height, 256)));
    await page.close();
  }
} finally {
  await browser.close();
}
