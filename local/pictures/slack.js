// Reads a payload as JSON and writes {"html", "css"}: its blocks as Slack shows them. "people" holds
// the names of those that it mentions, by their ids.

import { readFileSync } from "node:fs";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { Message } from "slack-blocks-to-jsx";

const { blocks, people = {} } = JSON.parse(readFileSync(0, "utf8"), (key, value) =>
  // Slack's `verbatim` leaves marks like *bold* alone; this renderer takes it for "no marks".
  key === "verbatim" ? undefined : value,
);
// Slack leaves shortcodes alone that it doesn't know; this renderer drops them, as in 10:01:07.
const hooks = {
  emoji: ({ name }) => `:${name}:`,
  user: ({ id }) => createElement("b", { className: "mention" }, `@${people[id] ?? id}`),
};
// The stylesheet is no module: it is looked up beside the one that is.
const css = new URL("style.css", import.meta.resolve("slack-blocks-to-jsx"));
process.stdout.write(
  JSON.stringify({
    html: renderToStaticMarkup(createElement(Message, { blocks, hooks, withoutWrapper: true })),
    css: readFileSync(css, "utf8"),
  }),
);
