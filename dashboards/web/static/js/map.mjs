// The map: own outlines, no tiles, no glyph requests. Two sources: the fleet, which rarely changes,
// and the few abnormal devices, which change with every alarm. The list beside it holds the same facts.
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--ll-${name}`).trim();
const FONT = ["PingFang SC,Microsoft YaHei,Noto Sans CJK SC"];
const BOLD = ["PingFang SC Bold,Microsoft YaHei Bold,Noto Sans CJK SC Bold"];
const NONE = { type: "FeatureCollection", features: [] };
const SEVERITIES = ["critical", "major", "minor", "warning"];
const AGAIN = 60_000;

const get = (address) =>
  fetch(address, { headers: { Accept: "application/geo+json" } }).then((answer) => (answer.ok ? answer.json() : null));

function picture(severity, acked) {
  const shape = document.getElementById(`shape-${severity}`);
  const ratio = 2, size = 26, pad = 7, side = (size + 2 * pad) * ratio;
  const canvas = new OffscreenCanvas(side, side);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.translate(pad, pad);
  pen.scale(size / 20, size / 20);
  const path = new Path2D(shape.querySelector("path").getAttribute("d"));
  const digit = shape.querySelector("text");
  pen.lineJoin = "round";
  pen.strokeStyle = css("map-halo");
  pen.lineWidth = 5;
  pen.stroke(path);
  if (!digit) {
    pen.fillStyle = css("panel");
    if (severity === "warning") pen.fill(path);
    pen.strokeStyle = severity === "warning" ? css("warning") : css("ink3");
    pen.lineWidth = severity === "warning" ? 3.4 : 2.4;
    pen.stroke(path);
  } else {
    pen.fillStyle = acked ? css("panel") : css(severity);
    pen.fill(path);
    pen.strokeStyle = acked ? css(severity) : css(`${severity}-line`);
    pen.lineWidth = acked ? 2.2 : 1.3;
    pen.stroke(path);
    pen.fillStyle = acked ? css(`${severity}-ink`) : css(`${severity}-on`);
    pen.font = `700 11.5px ${css("font")}`;
    pen.textAlign = "center";
    pen.fillText(digit.textContent, 10, Number(digit.getAttribute("y")));
  }
  return pen.getImageData(0, 0, side, side);
}

function style(areas) {
  const level = (name) => ["==", ["get", "level"], name];
  const by = (values, rest) => ["match", ["get", "severity"], ...SEVERITIES.flatMap((name, i) => [name, values[i]]), rest];
  const fills = SEVERITIES.map(css);
  const road = (far, farLane, near, nearLane) => ["interpolate", ["exponential", 2], ["zoom"],
    13, ["match", ["get", "class"], "main", far, farLane], 17, ["match", ["get", "class"], "main", near, nearLane]];
  return {
    version: 8,
    sources: {
      areas: { type: "geojson", data: areas },
      names: { type: "geojson", data: centres(areas) },
      fleet: { type: "geojson", data: NONE },
      abnormal: { type: "geojson", data: NONE },
    },
    layers: [
      { id: "land", type: "background", paint: { "background-color": css("map-land") } },
      { id: "blocks", type: "fill", source: "areas", filter: level("grid"), paint: { "fill-color": css("map-block") } },
      { id: "green", type: "fill", source: "areas", filter: level("green"), paint: { "fill-color": css("map-green") } },
      { id: "water", type: "fill", source: "areas", filter: level("water"), paint: { "fill-color": css("map-water") } },
      { id: "street-edges", type: "line", source: "areas", filter: level("streets"), layout: { "line-cap": "round" }, paint: { "line-color": css("map-road-edge"), "line-width": road(3.2, 1.6, 32, 17) } },
      { id: "streets", type: "line", source: "areas", filter: level("streets"), layout: { "line-cap": "round" }, paint: { "line-color": css("map-road"), "line-width": road(2, 0.8, 29, 14.5) } },
      { id: "buildings", type: "fill", source: "areas", filter: level("buildings"), paint: { "fill-color": css("map-building") } },
      { id: "building-edges", type: "line", source: "areas", filter: level("buildings"), minzoom: 14.6, paint: { "line-color": css("map-edge"), "line-width": 0.6 } },
      { id: "grid-edges", type: "line", source: "areas", filter: level("grid"), paint: { "line-color": css("map-edge"), "line-width": 1 } },
      { id: "community-edges", type: "line", source: "areas", filter: level("community"), layout: { "line-cap": "round" }, paint: { "line-color": css("map-bound"), "line-width": 1.4, "line-dasharray": [4, 2.5] } },
      { id: "outlines", type: "line", source: "areas", filter: level("street"), paint: { "line-color": css("map-bound"), "line-width": 1.6 } },
      { id: "dots", type: "circle", source: "fleet", filter: ["!", ["get", "silent"]], paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 1, 14, 2, 17, 3.6], "circle-color": css("normal") } },
      { id: "silent", type: "symbol", source: "fleet", filter: ["get", "silent"], layout: { "icon-image": "none", "icon-size": 0.42, "icon-allow-overlap": true } },
      { id: "street-names", type: "symbol", source: "areas", minzoom: 14.5, filter: level("streets"), layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-font": FONT, "text-size": 11, "symbol-spacing": 420, "text-max-angle": 30 }, paint: { "text-color": css("ink3"), "text-halo-color": css("map-road"), "text-halo-width": 1.5 } },
      { id: "estate-names", type: "symbol", source: "areas", filter: ["all", level("labels"), ["==", ["get", "class"], "estate"]], minzoom: 13, layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12.5, "text-padding": 2 }, paint: { "text-color": css("map-label"), "text-halo-color": css("map-halo"), "text-halo-width": 1.8 } },
      { id: "community-names", type: "symbol", source: "names", filter: level("community"), layout: { "text-field": ["get", "name"], "text-font": BOLD, "text-size": 14 }, paint: { "text-color": css("ink"), "text-halo-color": css("map-halo"), "text-halo-width": 2 } },
      { id: "halo", type: "circle", source: "abnormal", filter: ["all", ["!", ["get", "acked"]], ["in", ["get", "severity"], ["literal", ["critical", "major"]]]], paint: { "circle-radius": by([24, 17, 0, 0], 0), "circle-color": by(fills, css("ink3")), "circle-opacity": 0.16, "circle-stroke-width": 1.5, "circle-stroke-color": by(fills, css("ink3")), "circle-stroke-opacity": 0.7 } },
      { id: "marks", type: "symbol", source: "abnormal",
        layout: { "icon-image": ["concat", ["get", "severity"], ["case", ["get", "acked"], "-acked", ""]], "icon-size": by([1, 0.84, 0.66, 0.5], 0.5), "icon-allow-overlap": true, "symbol-sort-key": ["-", 5, ["get", "weight"]],
          "text-field": ["format", ["get", "value"], {}, "\n", {}, ["get", "place"], { "font-scale": 0.86 }], "text-font": BOLD, "text-size": 12.5, "text-variable-anchor": ["left", "right", "top", "bottom"], "text-radial-offset": 1.35, "text-justify": "auto", "text-optional": true, "text-max-width": 12 },
        paint: { "text-color": css("ink"), "text-halo-color": css("map-halo"), "text-halo-width": 2.2 } },
    ],
  };
}

function ring(geometry) {
  if (geometry.type === "Polygon") return geometry.coordinates[0];
  if (geometry.type === "MultiPolygon") return geometry.coordinates.flatMap((polygon) => polygon[0]);
  return [];
}

function centres(areas) {
  const features = areas.features.filter((f) => f.properties.level === "community").map((f) => {
    const points = ring(f.geometry);
    const middle = (index) => (Math.min(...points.map((p) => p[index])) + Math.max(...points.map((p) => p[index]))) / 2;
    return { type: "Feature", properties: f.properties, geometry: { type: "Point", coordinates: [middle(0), middle(1)] } };
  });
  return { type: "FeatureCollection", features };
}

export async function start(box) {
  const [library, areas] = await Promise.all([import(box.dataset.library), get(box.dataset.areas)]);
  library.setWorkerUrl?.(box.dataset.worker);
  const map = new library.Map({
    container: box, style: style(areas ?? NONE), attributionControl: false, dragRotate: false,
    pitchWithRotate: false, touchPitch: false, fadeDuration: 0,
    localIdeographFontFamily: '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif',
  });
  map.getCanvas().setAttribute("aria-label", box.dataset.label);
  await new Promise((done) => map.once("style.load", done));
  for (const severity of [...SEVERITIES, "none"]) {
    for (const acked of [false, true]) {
      map.addImage(severity + (acked ? "-acked" : ""), picture(severity, acked), { pixelRatio: 2 });
    }
  }
  let devices = NONE;
  const bounds = (features) => {
    const all = new library.LngLatBounds();
    for (const feature of features) {
      const points = feature.geometry.type === "Point" ? [feature.geometry.coordinates] : ring(feature.geometry);
      for (const point of points) all.extend(point);
    }
    return all;
  };
  const fit = (features) => features.length && map.fitBounds(bounds(features), { padding: Math.min(110, box.clientHeight / 5), animate: false, maxZoom: 16.5 });

  async function refresh() {
    const found = await get(box.dataset.abnormal);
    if (found) map.getSource("abnormal").setData(found);
    return found ?? NONE;
  }
  async function fleet() {
    devices = (await get(box.dataset.fleet)) ?? devices;
    map.getSource("fleet").setData(devices);
  }
  const [abnormal] = await Promise.all([refresh(), fleet()]);
  const outlines = (areas ?? NONE).features.filter((f) => f.properties.level === "grid");
  fit(abnormal.features.length > 1 ? abnormal.features : outlines.length ? outlines : devices.features);

  const buttons = [...box.parentElement.querySelectorAll("[data-kind]")];
  const base = new Map(["dots", "silent", "halo", "marks"].map((id) => [id, map.getFilter(id)]));
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      const kind = button.dataset.kind;
      for (const [id, filter] of base) {
        const mine = ["==", ["get", "kind"], kind];
        map.setFilter(id, kind ? (filter ? ["all", filter, mine] : mine) : filter);
      }
    });
  }
  map.on("click", "marks", (event) => {
    document.getElementById(`alarm-${event.features[0].properties.alarm}`)?.click();
  });
  setInterval(fleet, AGAIN);
  addEventListener("pagehide", () => map.remove(), { once: true });
  map.once("idle", () => {
    box.dataset.ready = "1";
  });
  map.triggerRepaint();
  return {
    refresh,
    locate(id) {
      const found = devices.features.find((feature) => feature.properties.id === id);
      if (found) map.jumpTo({ center: found.geometry.coordinates, zoom: Math.max(map.getZoom(), 16) });
    },
  };
}
