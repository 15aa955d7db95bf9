// A form's preview follows it: only the pane beside it is replaced, so that the form keeps
// focus, caret and every character. Without this script the button "try" does the same.
const REST = 300;

export function start(form) {
  let timer = 0;
  let running = null;

  async function run() {
    running?.abort();
    running = new AbortController();
    const said = new FormData(form);
    for (const [name, value] of [...said]) if (value instanceof File) said.delete(name);
    try {
      const answer = await fetch(form.dataset.preview, {
        method: "POST", body: said, headers: { Accept: "text/html" }, signal: running.signal,
      });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("preview");
      if (fresh) document.getElementById("preview").replaceChildren(...fresh.childNodes);
    } catch {
      // The line is down or newer values are on their way; the last picture stays.
    }
  }

  for (const kind of ["input", "change"]) {
    form.addEventListener(kind, () => {
      clearTimeout(timer);
      timer = setTimeout(run, REST);
    });
  }
}
