// A rehearsal that runs: its bar and its words follow, and the result takes their place once. Until
// then nothing that a person may have focused is replaced. Without this script a link does the same.
const PAUSE = 1000;

export function start(region) {
  const address = new URL(location.href);
  address.searchParams.set("part", "1");

  async function look() {
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html" } });
      if (!answer.ok && answer.status < 500) return location.reload();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(region.id);
      if (fresh && fresh.dataset.follow === undefined) {
        delete region.dataset.follow;
        return region.replaceChildren(...fresh.childNodes);
      }
      const [bar, newer] = [region.querySelector("progress"), fresh?.querySelector("progress")];
      if (bar && newer) {
        bar.value = newer.value;
        document.getElementById("percent").textContent = page.getElementById("percent").textContent;
      }
    } catch {
      // The line is down; the rehearsal goes on without us.
    }
    setTimeout(look, PAUSE);
  }

  setTimeout(look, PAUSE);
}
