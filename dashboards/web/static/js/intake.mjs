// The intake form: a chosen address fills grid, building and point and moves the map. Every button works
// without this script; the form then goes to the server and comes back with all that was typed.
import { start as draft } from "./drafts.mjs";
import { start as suggest } from "./suggest.mjs";

export function start(form) {
  const { area, building, lon, lat, view } = form.elements;
  const map = document.getElementById("new-map");

  function put(item, grid) {
    building.value = item.building;
    lon.value = item.lon ?? "";
    lat.value = item.lat ?? "";
    view.value = "";
    if (grid) area.value = grid;
    look();
  }

  function look() {
    const where = new URLSearchParams({ lon: lon.value, lat: lat.value, area: area.value, view: view.value });
    map.src = `${map.dataset.map}&${where}`;
  }

  draft(form, look);

  const place = document.getElementById("new-place");
  suggest(place, (item) => put(item, `${item.grid} ${item.area}`));
  suggest(document.getElementById("new-area"), (item) => put({ building: "", lon: null, lat: null }, ""));
  place.addEventListener("input", () => {
    building.value = lon.value = lat.value = "";
  });
  document.getElementById("new-why")?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit(document.getElementById("new-reveal"));
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector(".ll-button-primary"));
  });
}
