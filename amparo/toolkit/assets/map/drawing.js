// Centres and outlines on a map that can be moved: our own lines and points, no tiles, nothing from elsewhere.
import { LngLatBounds, Map as Sheet, NavigationControl, Popup, ScaleControl, setWorkerUrl } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import worker from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";

setWorkerUrl(worker);

const SIDE = 48; // pixels of a mark, at twice its size on the screen
const KINDS = {
  grave: ["--achiote-s", "--sheet"], bajo: ["--maiz-s", "--sheet"], cumple: ["--ceiba-s", "--sheet"],
  nada: ["--sheet", "--line-2"], mudo: ["--ink", "--sheet"],
};

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// The shapes of the verdicts, as in the list: diamond, triangle, disc, broken ring, square.
function outlineOf(kind, pen) {
  const middle = SIDE / 2, edge = 5;
  pen.beginPath();
  if (kind === "grave") {
    pen.moveTo(middle, edge), pen.lineTo(SIDE - edge, middle), pen.lineTo(middle, SIDE - edge), pen.lineTo(edge, middle);
  } else if (kind === "bajo") {
    pen.moveTo(middle, edge), pen.lineTo(SIDE - edge, SIDE - 8), pen.lineTo(edge, SIDE - 8);
  } else if (kind === "mudo") {
    pen.rect(9, 9, SIDE - 18, SIDE - 18);
  } else {
    pen.arc(middle, middle, middle - 8, 0, 2 * Math.PI);
  }
  pen.closePath();
}

function mark(kind) {
  const sheet = document.createElement("canvas");
  sheet.width = sheet.height = SIDE;
  const pen = sheet.getContext("2d");
  const [fill, line] = KINDS[kind].map(colour);
  outlineOf(kind, pen);
  pen.fillStyle = fill;
  pen.fill();
  pen.lineWidth = kind === "nada" ? 4 : 3;
  if (kind === "nada") pen.setLineDash([9, 6]);
  pen.strokeStyle = line;
  pen.stroke();
  if (kind === "cumple" || kind === "mudo") {
    pen.strokeStyle = colour("--sheet");
    pen.lineWidth = 5;
    pen.beginPath();
    if (kind === "cumple") pen.moveTo(15, 25), pen.lineTo(22, 31), pen.lineTo(33, 18);
    else pen.moveTo(14, 14), pen.lineTo(34, 34);
    pen.stroke();
  }
  return pen.getImageData(0, 0, SIDE, SIDE);
}

const FINGER = 14; // pixels around a tap in which a mark counts as touched
const MOST = 6; // centres named at once; whoever wants more comes nearer

function popupOf(centres, told) {
  const box = document.createElement("div");
  for (const centre of centres) box.append(entryOf(centre.properties, told));
  return box;
}

function entryOf(centre, told) {
  const box = document.createElement("p");
  const link = Object.assign(document.createElement("a"), { href: centre.url, textContent: centre.name });
  const people = centre.people == null ? told.unknown : `${centre.people} ${told.people}`;
  box.append(link);
  for (const text of [centre.place, centre.word, people, centre.told]) {
    box.append(document.createElement("br"), text);
  }
  return box;
}

// The touched centres, the nearest first, each once: a mark at the edge of two tiles is told twice.
function nearest(touched, project, x, y) {
  const once = new Map(touched.map((one) => [one.properties.url, one]));
  const away = ({ geometry }) => { const at = project(geometry.coordinates); return Math.hypot(at.x - x, at.y - y); };
  return [...once.values()].sort((one, other) => away(one) - away(other));
}

function boundsOf(features) {
  const bounds = new LngLatBounds();
  const points = features.filter((one) => one.geometry.type === "Point").map((one) => one.geometry.coordinates);
  const lines = features.flatMap((one) => (one.geometry.type === "Point" ? [] : one.geometry.coordinates.flat()));
  for (const point of points.length ? points : lines) bounds.extend(point);
  return bounds;
}

export function draw(canvas, data, told) {
  const shown = boundsOf(data.features);
  const map = new Sheet({
    container: canvas,
    attributionControl: false,
    locale: {
      "Map.Title": told.title, "NavigationControl.ZoomIn": told.nearer, "NavigationControl.ZoomOut": told.farther,
      "Popup.Close": told.close,
    },
    maxZoom: 17,
    dragRotate: false,
    pitchWithRotate: false,
    bounds: shown.isEmpty() ? undefined : shown,
    fitBoundsOptions: { padding: 48, maxZoom: 13 },
    style: {
      version: 8,
      sources: { told: { type: "geojson", data } },
      layers: [
        { id: "ground", type: "background", paint: { "background-color": colour("--sheet") } },
        {
          id: "outlines", type: "line", source: "told", filter: ["has", "outline"],
          paint: {
            "line-color": colour("--line-2"),
            "line-width": ["match", ["get", "outline"], 0, 2, 1, 1.4, 0.8],
          },
        },
        {
          id: "centres", type: "symbol", source: "told", filter: ["has", "kind"],
          layout: {
            "icon-image": ["get", "kind"],
            "icon-size": ["interpolate", ["linear"], ["get", "size"], 0, 0.7, 1, 1.35],
            "icon-allow-overlap": true,
          },
        },
      ],
    },
  });
  map.setMissingStyleImageResolver((id) => KINDS[id] && void map.addImage(id, mark(id), { pixelRatio: 2 }));
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right"); // a name opens above its mark
  map.addControl(new ScaleControl());
  map.on("click", ({ point: { x, y } }) => {
    const touched = map.queryRenderedFeatures([[x - FINGER, y - FINGER], [x + FINGER, y + FINGER]], { layers: ["centres"] });
    const near = nearest(touched, (place) => map.project(place), x, y).slice(0, MOST);
    if (!near.length) return;
    new Popup({ closeButton: true }).setLngLat(near[0].geometry.coordinates).setDOMContent(popupOf(near, told)).addTo(map);
  });
  map.on("mouseenter", "centres", () => (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", "centres", () => (map.getCanvas().style.cursor = ""));
  return map;
}
