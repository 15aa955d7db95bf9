// The page's own words, in the page's language, from the JSON that the server put beside them.
const table = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

export function say(key, values = {}) {
  return (table[key] ?? key).replace(/\{(\w+)(?::0(\d)d)?\}/g, (_, name, width) =>
    String(values[name] ?? "").padStart(Number(width ?? 0), "0"),
  );
}
